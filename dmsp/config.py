"""From a config node to the object it describes."""

import functools
import importlib
import inspect
import os
import pathlib
from collections.abc import Mapping

from omegaconf import OmegaConf

from dmsp import checks
from dmsp.errors import UserError, nearest

# What a config may call lies here, but for what writes files.
ROOMS = {
    "dmsp.denoisers": (),
    "dmsp.images": ("save", "write_png"),
    "dmsp.blind": ("agreed", "displacement", "moved", "refined", "tidied", "window"),
    "dmsp.kernel_blind": ("registered",),
    "dmsp.kernels": ("save",),
    "dmsp.masks": (),
    "dmsp.noise": (),
    "dmsp.operators": (),
    "dmsp.optimizers": (),
    "dmsp.runtime": (),
    "dmsp.tracking": (),
    "dmsp.training": ("train",),
}
AUTO = "auto"
CONF = pathlib.Path(__file__).resolve().parent.parent / "conf"


def build(node, trust=False, offered=None, **extra):
    """Call the function or class that a config node names with the node's keys as arguments.

    Args:
        node: mapping with ``_target_``, the dotted name of a callable of this
            package, and its keyword arguments beside it; an argument that is
            such a mapping is built first.
        trust: accept targets outside this package (``trust_config=true``).
        offered: keyword arguments for those targets that have a parameter of the name.
        extra: further keyword arguments, over those of the node.

    Raises:
        UserError: the target lies outside the package or does not exist, or it
            does not take these arguments (:func:`dmsp.checks.arguments`).
    """
    key = node._get_full_key("_target_") if hasattr(node, "_get_full_key") else "_target_"
    target = resolve(node["_target_"], trust, key)
    checks.arguments(target, node)
    parameters = inspect.signature(target).parameters
    arguments = {key: value for key, value in (offered or {}).items() if key in parameters}
    for key, value in node.items():
        if not key.startswith("_"):
            nested = isinstance(value, Mapping) and "_target_" in value
            arguments[key] = build(value, trust, offered) if nested else value
    arguments.update(extra)
    return target(**arguments)


def resolve(target, trust=False, key="_target_"):
    """Return the callable with a dotted name, which stands in the configuration under a key.

    Raises:
        UserError: the target lies outside the package's :data:`ROOMS` or does not exist.
    """
    module_name, _, name = str(target).rpartition(".")
    foreign = UserError(
        "{}={}: a config may call only the parts that dmsp offers; "
        "if you trust its author, add trust_config=true".format(key, target)
    )
    offered = module_name in ROOMS and name not in ROOMS[module_name] and name[:1] != "_"
    if not (offered or trust):
        raise foreign
    try:
        found = getattr(importlib.import_module(module_name), name)
    except (ImportError, AttributeError, ValueError) as error:
        raise UserError("{}={}: cannot be found ({})".format(key, target, error)) from error
    if not callable(found):
        raise UserError("{}={}: is no function or class".format(key, target))
    # What a room of ours has imported from elsewhere is not ours.
    if not (str(found.__module__).split(".")[0] == "dmsp" or trust):
        raise foreign
    return found


def check(config):
    """Check the keys and values at the config's root.

    Raises:
        UserError: a key does not exist, or a value is of the wrong kind or out of its range.
    """
    for key in config:
        if key not in root_keys():
            raise UserError("{}: no such key{}".format(key, nearest(key, root_keys())))
    fraction, levels = "a fraction of the peak", "grey levels"
    checks.number("noise", config.get("noise"), 0, 1, fraction, such_as=0.02)
    checks.number("sigma_dae", config.get("sigma_dae"), 0.01, 255, levels, such_as=11)
    checks.number("tolerance", config.get("tolerance"), 0, 255, levels, such_as=0.01)
    checks.number("system_metrics", config.get("system_metrics"), 0, what="seconds", such_as=10)
    for key, low, high in (
        ("num_iter", 1, 10**6),
        ("batch_size", 1, 10**4),
        ("seed", 0, 2**63 - 1),
    ):
        checks.number(key, config.get(key), low, high, whole=True)
    if config.get("tile") not in (None, AUTO):
        what = "auto, null, or pixels"
        checks.number("tile", config.get("tile"), 64, what=what, whole=True, such_as=1024)
    for key in ("resume", "fail_fast", "trust_config"):
        if not isinstance(config.get(key), bool):
            raise UserError("{}={}: give true or false".format(key, config.get(key)))
    folder(config.get("outputs"))


def folder(name):
    """Return the name of a folder, which the config asks for before anything is made in it.

    Raises:
        UserError: it is empty.
    """
    if name in (None, ""):
        raise UserError("outputs is empty: name the folder of the runs, such as outputs=outputs")
    return name


def first_file(*names):
    """Return the first name of a file that is there; the first of all where none is."""
    return next((name for name in names if os.path.isfile(name)), names[0])


def bundled(name):
    """Return the path of weights that come with the package."""
    return str(pathlib.Path(__file__).resolve().parent / "denoisers" / "weights" / (name + ".npz"))


OmegaConf.register_new_resolver("bundled", bundled, replace=True)
OmegaConf.register_new_resolver("folder", folder, replace=True)
OmegaConf.register_new_resolver("first_file", first_file, replace=True)


@functools.lru_cache()
def root_keys():
    """Return the names at the config's root: its values and its groups."""
    root = OmegaConf.load(str(CONF / "config.yaml"))
    groups = [path.name for path in CONF.iterdir() if path.is_dir() and path.name != "hydra"]
    return groups + [str(name) for name in root if name not in ("hydra", "defaults")]
