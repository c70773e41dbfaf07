"""What a configuration may bring about on this machine, as long as nobody vouches for it.

A configuration may be somebody else's file. What it says under ``hydra`` acts before the job
starts: callbacks, plugins and logging handlers are called by name, variables are set. Only what
Hydra and this package bring is accepted, unless ``trust_config=true`` stands on the command line.
"""

import re

import hydra._internal.hydra
from hydra._internal.config_loader_impl import ConfigLoaderImpl
from hydra.core.object_type import ObjectType
from omegaconf import OmegaConf

from dmsp.errors import UserError

CALLABLE = re.compile(
    r"hydra\._internal\.core_plugins\.basic_(launcher\.BasicLauncher|sweeper\.BasicSweeper)"
    r"|hydra_plugins(\.\w+)+\.\w+(Launcher|Sweeper)"
    r"|dmsp\.sweeps\.callback\.SweepCallback"
)
LOGGING = re.compile(
    r"logging\.((Stream|File|Null)Handler|handlers\.RotatingFileHandler|Formatter)"
    r"|colorlog\.ColoredFormatter"
)
STREAMS = ("ext://sys.stdout", "ext://sys.stderr")
# What a shell or an interpreter is given: accepted from the command line, not from a file.
COMMANDS = ("setup", "python", "srun_args", "additional_parameters", "runtime_env")
MEND = "if you trust its author, add trust_config=true"


class CheckedLoader(ConfigLoaderImpl):
    """Hydra's loader, which hands out no configuration that may do more than it should."""

    def load_configuration(self, *arguments, **options):
        """Compose a configuration and check it.

        Raises:
            UserError: it calls, or sets, what only a trusted one may.
        """
        config = super().load_configuration(*arguments, **options)
        check(config)
        return config

    def get_group_options(self, group_name, results_filter=ObjectType.CONFIG, **options):
        """Return the choices of a group.

        Hydra copies everything that it has read before it looks, in case options name further
        folders; for ``--help``, which asks for every group and names none, that took longest.
        """
        if options:
            return super().get_group_options(group_name, results_filter, **options)
        return self.repository.get_group_options(group_name, results_filter)


def install():
    """Have Hydra compose with :class:`CheckedLoader`."""
    hydra._internal.hydra.ConfigLoaderImpl = CheckedLoader


def check(config):
    """Check what a composed configuration says of itself and under ``hydra``.

    Raises:
        UserError: it calls, or sets, what only a trusted one may.
    """
    asked = list(config.hydra.overrides.task)
    if any(re.match(r"\+*trust_config=", text) for text in asked):
        if config.get("trust_config") is True:
            return
    elif config.get("trust_config") not in (None, False):
        raise UserError(
            "trust_config={}: only the command line can say so".format(config.trust_config)
        )
    settings = OmegaConf.to_container(config.hydra, resolve=False)
    for name in ("help", "hydra_help", "overrides", "runtime"):
        settings.pop(name, None)
    given = [text.lstrip("+").split("=")[0] for text in config.hydra.overrides.hydra]
    for key, value in _flat(settings, "hydra"):
        _check_value(key, value, given)


def _check_value(key, value, given):
    name = key.split(".")[-1]
    if name == "_target_":
        fine = CALLABLE.fullmatch(str(value))
    elif "_logging." in key and name in ("()", "class", "factory"):
        fine = LOGGING.fullmatch(str(value))
    elif "_logging." in key and "ext://" in str(value):
        fine = value in STREAMS
    elif key.startswith("hydra.job.env_set.") or set(COMMANDS) & set(key.split(".")):
        fine = not value or any(key == known or key.startswith(known + ".") for known in given)
    else:
        fine = True
    if not fine:
        raise UserError("{}={}: a config may not do this; {}".format(key, value, MEND))


def _flat(node, prefix):
    """Yield (dotted key, value) of all values, those in lists included."""
    if isinstance(node, dict):
        items = node.items()
    elif isinstance(node, list) and any(isinstance(value, (dict, list)) for value in node):
        items = enumerate(node)
    else:
        yield prefix, node
        return
    for name, value in items:
        yield from _flat(value, "{}.{}".format(prefix, name))
