"""The command line's manners: one line for a user's mistake, and the exit code."""

import os
import re
import sys
import traceback
from typing import NamedTuple

from dmsp import trust
from dmsp.checks import writing
from dmsp.config import CONF, root_keys
from dmsp.errors import UserError, nearest

trust.install()


class Failure(NamedTuple):
    """A job that failed: exit code, what was asked for, and why it failed."""

    code: int
    job: str
    reason: str


# Of the jobs in this process.
_failures = []


def attempt(config, job=None):
    """Run one job; if it fails, say why and let the sweep go on to the next.

    Args:
        config: the composed configuration.
        job: function of it, the launcher's if not given.

    Returns:
        the job's summary, ``None`` if it failed.
    """
    from dmsp import launcher

    try:
        return (job or launcher.run)(config)
    except Exception as error:
        reason = explain(error) or "{}: {}".format(type(error).__name__, _one_line(error))
        _failures.append(Failure(report(error), _job(), reason))
        return None


def guard(main):
    """Call Hydra's main function and return the process's exit code.

    Returns:
        0 done, 2 a user's mistake, 1 anything else.
    """
    os.environ["HYDRA_FULL_ERROR"] = "1"  # errors arrive here as they are
    try:
        with writing("outputs"):  # Hydra makes the run's folder
            main()
    except Exception as error:
        return report(error)
    except KeyboardInterrupt as error:
        print("interrupted{}".format(": {}".format(error) if str(error) else ""), file=sys.stderr)
        return 1
    for failure in _failures:
        if failure.job:
            print("failed: {}: {}".format(failure.job, failure.reason), file=sys.stderr)
    return min((failure.code for failure in _failures), default=0)


def report(error):
    """Print a mistake in a line, an error of ours with its traceback; return the exit code."""
    line = explain(error)
    if line is None:
        traceback.print_exception(type(error), error, error.__traceback__)
        return 1
    print("error: {}".format(line), file=sys.stderr)
    return 2


def explain(error):
    """Return the line that tells a user's mistake, ``None`` for an error of ours."""
    from hydra.core.override_parser.overrides_parser import OverrideParseException
    from hydra.errors import HydraException, MissingConfigException
    from omegaconf.errors import OmegaConfBaseException

    if isinstance(error, UserError):
        return str(error)
    if isinstance(error, OverrideParseException):
        return "{}: cannot be read; write key=value, and quote a text: 'key=\"a text\"'".format(
            error.override
        )
    if isinstance(error, MissingConfigException) and error.missing_cfg_file:
        return _explain_option(error)
    if isinstance(error, (HydraException, OmegaConfBaseException)):
        return _explain_key(error) or _one_line(error)
    if isinstance(error, ValueError) and "Config group override must be" in str(error):
        return "{}; name one of the group's choices, see --help".format(_one_line(error))
    return None


def _job():
    """Name the job of a sweep that is under way, empty outside of one."""
    from hydra.core.hydra_config import HydraConfig
    from hydra.types import RunMode

    hydra = HydraConfig.get()
    if hydra.mode != RunMode.MULTIRUN:
        return ""
    return "job {} ({})".format(hydra.job.num, " ".join(hydra.overrides.task))


def _explain_option(error):
    group, _, option = str(error.missing_cfg_file).rpartition("/")
    options = [path.stem for path in (CONF / group).glob("*.yaml")]
    if not group or not options:
        return _one_line(error)
    return "{}={}: no such choice{}".format(group, option, nearest(option, options))


def _explain_key(error):
    """Name the key that lacks a value or does not exist, and the one that was likely meant."""
    text = str(error)
    missing = re.search(r"Missing mandatory value: (\S+)", text)
    if missing is not None:
        return "{0} is missing: give it with {0}=…".format(missing.group(1))
    several = re.search(r"Ambiguous value for argument '(.+)'", text)
    if several is not None:
        return "{}: several values make a sweep; add -m".format(several.group(1))
    found = re.search(r"Could not override '([^']+)'", text)
    if found is None or found.group(1).startswith("hydra"):
        return None
    key = found.group(1).split("@")[0]
    if key == "experiments":
        return "experiments: a study is added to the configuration: +experiments=…"
    owners = _keys_by_choice(key.split(".")[0])
    homes = sorted(choice for choice, keys in owners.items() if key in keys)
    if homes:
        return "{}: only {} {} this key".format(
            key, " and ".join(homes), "has" if len(homes) == 1 else "have"
        )
    known = set().union(*owners.values()) if "." in key and owners else root_keys()
    return "{}: no such key{}".format(key, nearest(key, known))


def _keys_by_choice(group):
    """Return {``group=choice``: its dotted keys}, empty where there is no such group."""
    from omegaconf import OmegaConf

    return {
        "{}={}".format(group, path.stem): set(
            _flat(OmegaConf.to_container(OmegaConf.load(str(path))), group)
        )
        for path in (CONF / group).glob("*.yaml")
    }


def _flat(node, prefix):
    for name, value in node.items():
        dotted = "{}.{}".format(prefix, name)
        if isinstance(value, dict):
            yield from _flat(value, dotted)
        elif not str(name).startswith("_") and name != "defaults":
            yield dotted


def _one_line(error):
    return " ".join(str(error).split())
