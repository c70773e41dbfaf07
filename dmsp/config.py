"""From a config node to the object it describes."""

import importlib
import inspect

from dmsp.errors import UserError


def build(node, trust=False, **extra):
    """Call the function or class that a config node names with the node's keys as arguments.

    Args:
        node: mapping with ``_target_``, the dotted name of a callable of this
            package, and its keyword arguments beside it.
        trust: accept targets outside this package (``trust_config=true``).
        extra: further keyword arguments, over those of the node.

    Raises:
        UserError: the target lies outside the package or does not exist, or a
            text stands where its default is a number.
    """
    target = resolve(node["_target_"], trust)
    arguments = {key: value for key, value in node.items() if not key.startswith("_")}
    arguments.update(extra)
    parameters = inspect.signature(target).parameters
    for key, value in arguments.items():
        default = parameters[key].default if key in parameters else None
        if isinstance(value, str) and type(default) in (int, float):
            name = node._get_full_key(key) if hasattr(node, "_get_full_key") else key
            raise UserError("{}={}: give a number, such as {}".format(name, value, default))
    return target(**arguments)


def resolve(target, trust=False):
    """Return the callable with a dotted name.

    Raises:
        UserError: the target lies outside the package or does not exist.
    """
    module_name, _, name = target.rpartition(".")
    if not (target.startswith("dmsp.") or trust):
        raise UserError(
            "_target_={}: a config may call only what is in dmsp; "
            "if you trust its author, add trust_config=true".format(target)
        )
    try:
        return getattr(importlib.import_module(module_name), name)
    except (ImportError, AttributeError, ValueError) as error:
        raise UserError("_target_={}: cannot be found ({})".format(target, error)) from error


def check(config):
    """Check the values at the config's root.

    Raises:
        UserError: a value is no number, or out of its range.
    """
    _number(config, "noise", 0.0, 1.0, "a fraction of the peak from 0 to 1, such as 0.02")
    _number(config, "sigma_dae", 0.01, 255.0, "grey levels above 0, such as 11")
    _number(config, "num_iter", 1, 10**6, "a whole number from 1", whole=True)
    _number(config, "batch_size", 1, 10**4, "a whole number from 1", whole=True)
    _number(config, "tolerance", 0.0, 255.0, "grey levels from 0")
    _number(config, "seed", 0, 2**63, "a whole number from 0", whole=True)


def _number(config, key, low, high, hint, whole=False):
    value = config.get(key)
    kinds = (int,) if whole else (int, float)
    if isinstance(value, bool) or not isinstance(value, kinds) or not low <= value <= high:
        raise UserError("{}={}: give {}".format(key, value, hint))
