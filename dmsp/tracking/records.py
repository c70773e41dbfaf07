"""What is sent to MLflow, brought within the limits of both 1.30 and 3."""

import json
import math
import posixpath
import re
from collections.abc import Mapping, Sequence

KEY_LENGTH = 250
PARAM_LENGTH = 500
TAG_LENGTH = 5000
RUN_NAME_LENGTH = 250
PARAMS_PER_BATCH = 100
METRICS_PER_BATCH = 1000
POINTS_PER_SERIES = 300


def redact(text):
    """Return a text with the credentials in its addresses replaced by ``***``.

    Hydra's overrides have backslashes before colons and equals signs.
    """
    text = re.sub(r"(\w[\w+.-]*\\*://)[^/\s]*@", r"\1***@", str(text))
    names = "password|passwd|pwd|token|secret"
    return re.sub(r"(?i)([?&;](?:" + names + r")\\*=)[^&;\s]*", r"\1***", text)


def params(config):
    """Return {dotted name: text} of a nested configuration, values of at most 500 characters."""
    return {_key(name): _cut(text, PARAM_LENGTH) for name, text in _flat(config or {}, "")}


def tags(values):
    """Return {name: text}, without those that are ``None``."""
    return {
        _key(name): _cut(_text(value), TAG_LENGTH)
        for name, value in (values or {}).items()
        if value is not None
    }


def run_name(text):
    """Return a run's name without credentials, at most 250 characters long."""
    return _cut(redact(" ".join(str(text).split())), RUN_NAME_LENGTH)


def finite(metrics):
    """Split {name: number} into the finite ones, and the names of those that are not."""
    numbers = {_key(name): float(value) for name, value in metrics.items() if value is not None}
    kept = {name: value for name, value in numbers.items() if math.isfinite(value)}
    return kept, sorted(set(numbers) - set(kept))


def thin(points, limit=POINTS_PER_SERIES):
    """Return at most ``limit`` points, evenly spread, the first and the last among them."""
    points = list(points)
    if len(points) <= limit:
        return points
    return [points[i * (len(points) - 1) // (limit - 1)] for i in range(limit)]


def chunks(values, size):
    """Yield consecutive lists of at most ``size`` values."""
    values = list(values)
    for start in range(0, len(values), size):
        yield values[start : start + size]


def _flat(node, prefix):
    for name, value in node.items():
        dotted = "{}.{}".format(prefix, name) if prefix else str(name)
        if isinstance(value, Mapping) and len(value):
            yield from _flat(value, dotted)
        else:
            yield dotted, _text(value)


def _text(value):
    """Return a value as it is typed on the command line."""
    if isinstance(value, str):
        return redact(value)
    return redact(json.dumps(value, default=_plain, ensure_ascii=False))


def _plain(value):
    """Return what JSON can write of a value that it cannot: OmegaConf's containers, paths."""
    if isinstance(value, Mapping):
        return {str(key): inner for key, inner in value.items()}
    return list(value) if isinstance(value, Sequence) else str(value)


def _cut(text, length):
    return text if len(text) <= length else text[: length - 1] + "…"


def _key(name):
    """Return a name of ASCII letters, digits, ``_ - . /`` and spaces that is a clean path too."""
    name = re.sub(r"[^\w./ -]", "_", str(name), flags=re.ASCII)
    name = posixpath.normpath(name.strip("/ ") or "_")
    return (re.sub(r"^[./]+", "", name) or "_")[:KEY_LENGTH]
