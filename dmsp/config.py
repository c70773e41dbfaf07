"""From a config node to the object it describes."""

import importlib

from dmsp.errors import UserError


def build(node, trust=False, **extra):
    """Call the function or class that a config node names with the node's keys as arguments.

    Args:
        node: mapping with ``_target_``, the dotted name of a callable of this
            package, and its keyword arguments beside it.
        trust: accept targets outside this package (``trust_config=true``).
        extra: further keyword arguments, over those of the node.

    Raises:
        UserError: the target lies outside the package, does not exist, or does
            not take an argument that the node gives.
    """
    arguments = {key: value for key, value in node.items() if not key.startswith("_")}
    arguments.update(extra)
    return resolve(node["_target_"], trust)(**arguments)


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
