"""Files that appear whole or not at all."""

import contextlib
import functools
import hashlib
import json
import os
import pathlib

# Folder in that of a run or a sweep: what only the program itself reads.
RECORDS = ".dmsp"


@contextlib.contextmanager
def whole(path):
    """Yield the name to write a file under; it gets its own at the end of a block that succeeds.

    Nothing is left of a block that fails.

    Args:
        path: of the file.
    """
    part = "{}.part".format(path)
    try:
        yield part
        os.replace(part, str(path))
    except BaseException:
        with contextlib.suppress(OSError):
            os.remove(part)
        raise


def write_json(path, value):
    """Write a value as JSON, in a folder that is made where it is missing."""
    path = pathlib.Path(str(path))
    path.parent.mkdir(parents=True, exist_ok=True)
    with whole(path) as part, open(part, "w", encoding="utf-8") as file:
        json.dump(value, file, indent=2, ensure_ascii=False, default=float)
        file.write("\n")


def read_json(path):
    """Return what a JSON file holds, ``None`` where there is none or it cannot be read."""
    try:
        with open(str(path), encoding="utf-8") as file:
            return json.load(file)
    except (OSError, ValueError):
        return None


def content_hash(files):
    """Return the SHA-256 of files' names and bytes, hexadecimal; of those that can be read.

    Args:
        files: (name, path) of each.
    """
    return _content_hash(tuple((str(name), str(path)) + _state(path) for name, path in files))


def _state(path):
    """Return what changes with a file's content, nothing where it cannot be told."""
    try:
        state = os.stat(str(path))
    except OSError:
        return ()
    return state.st_size, state.st_mtime_ns


# A sweep's jobs share their files: each set is read once a process, as long as it stays the same.
@functools.lru_cache(maxsize=256)
def _content_hash(states):
    digest = hashlib.sha256()
    for name, path, *_ in states:
        digest.update(name.encode("utf-8", "surrogateescape") + b"\0")
        # One that cannot be read is told of where it is missed, in its turn.
        with contextlib.suppress(OSError), open(path, "rb") as file:
            for block in iter(lambda file=file: file.read(1 << 20), b""):
                digest.update(block)
    return digest.hexdigest()
