"""Checks of the values that a user gave."""

import contextlib
import inspect
import math
from collections.abc import Mapping, Sequence

from dmsp.errors import UserError, nearest


def number(name, value, low, high=math.inf, what=None, whole=False, such_as=None):
    """Check that a value is a number from ``low`` to ``high``.

    Args:
        name: what the user knows it by, such as ``optimizer.mu``.
        value: what was given.
        low: smallest value.
        high: largest value, infinity for any.
        what: what the number is, for the message.
        whole: accept whole numbers only.
        such_as: a good value, for the message.

    Raises:
        UserError: it is none.
    """
    if _is_number(value, whole) and low <= value <= high:
        return
    hint = "{} from {}".format(what or _kind(whole), low)
    if high < math.inf:
        hint += " to {}".format(high)
    if such_as is not None:
        hint += ", such as {}".format(such_as)
    raise UserError("{}={}: give {}".format(name, shown(value), hint))


def arguments(target, node):
    """Check a config node's keys and values against the parameters of what it describes.

    A parameter takes what its annotation says, else what is of the kind of its
    default: a whole number, a number, true or false, a list. Where the default
    is ``None`` or a text the target itself has to look.

    Args:
        target: function or class.
        node: mapping of its keyword arguments; keys that begin with ``_`` are none.

    Raises:
        UserError: there is no such parameter, or a value is of another kind.
    """
    known, complete = _parameters(target)
    for key, value in node.items():
        if key.startswith("_"):
            continue
        name = node._get_full_key(key) if hasattr(node, "_get_full_key") else key
        if key in known:
            _argument(name, value, known[key])
        elif complete:
            raise UserError("{}: no such key{}".format(name, nearest(key, known)))


@contextlib.contextmanager
def writing(key):
    """Tell of a folder or file that cannot be written in the block, and of the key that names it.

    Raises:
        UserError: so it is.
    """
    try:
        yield
    except OSError as error:
        if error.errno is None:  # one that only goes by the name, as Hydra's
            raise
        raise UserError(
            "{}: cannot be written ({}); free it, or give another folder with {}=…".format(
                error.filename or key, error.strerror or error, key
            )
        ) from error


def shown(value):
    """Return a value as it is typed on the command line."""
    if value is None or isinstance(value, bool):
        return {None: "null", True: "true", False: "false"}[value]
    if isinstance(value, Sequence) and not isinstance(value, str):
        return "[{}]".format(",".join(str(shown(item)) for item in value))
    return value


def _parameters(target):
    """Return {name: parameter}, and whether these are all that the target takes.

    What a class hands on to its base class is among them.
    """
    known, complete = {}, False
    for owner in inspect.getmro(target)[:-1] if inspect.isclass(target) else [target]:
        parameters = inspect.signature(owner).parameters.values()
        named = {p.name: p for p in parameters if p.kind not in (p.VAR_KEYWORD, p.VAR_POSITIONAL)}
        known = dict(named, **known)
        complete = len(named) == len(parameters)
        if complete:
            break
    return known, complete


def _argument(name, value, parameter):
    if value is None and parameter.default is None:
        return
    default = None if parameter.default is parameter.empty else parameter.default
    kind = type(default) if parameter.annotation is parameter.empty else parameter.annotation
    if kind in (int, float):
        fine, what = _is_number(value, kind is int), _kind(kind is int)
    elif kind is bool:
        fine, what = isinstance(value, bool), "true or false"
    elif inspect.isclass(kind) and issubclass(kind, Mapping):
        fine, what = isinstance(value, Mapping), "keys with values"
    elif inspect.isclass(kind) and issubclass(kind, Sequence) and kind is not str:
        fine, what = isinstance(value, Sequence) and not isinstance(value, str), "a list"
    else:
        return
    if not fine:
        example = "" if default in (None, ()) else ", such as {}".format(shown(default))
        raise UserError("{}={}: give {}{}".format(name, shown(value), what, example))


def _is_number(value, whole):
    kinds = (int,) if whole else (int, float)
    return isinstance(value, kinds) and not isinstance(value, bool) and math.isfinite(value)


def _kind(whole):
    return "a whole number" if whole else "a number"
