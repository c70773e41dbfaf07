"""Which files are meant, in what order, and what their pictures are called."""

import collections
import os
import pathlib
import re
from typing import Any, NamedTuple

from dmsp import checks
from dmsp.errors import UserError

SUFFIXES = {
    *(".bmp", ".gif", ".jpeg", ".jpg", ".pgm", ".png", ".pnm", ".ppm", ".tif", ".tiff", ".webp"),
}
# Unfit for names: in messages what cannot be shown (half a pair of UTF-16 is a byte that is not
# UTF-8), beside photographs what no file may have, in results all but letters and digits.
UNSHOWN = r"[\x00-\x1f\x7f\ud800-\udfff]+"
FORBIDDEN = UNSHOWN[:-2] + r'\\/:*?"<>|]+'
EXOTIC = r"[^\w.-]+"
LONGEST = 230  # bytes of a name: with a suffix and that of a part it is one that file systems take


class File(NamedTuple):
    """A file that is said to hold a picture.

    Attributes:
        path: of the file.
        label: what messages call it, its path in the folder.
        name: what its picture is called, unlike any other in the folder, also if only
            a part of them is taken.
    """

    path: Any
    label: str
    name: str


def found(path, glob=None, limit=None, shard=None, unfit=EXOTIC):
    """Return the name of a set of files, and its :class:`File` by name.

    Args:
        path: the folder, or a single file.
        glob: pattern relative to the folder; every picture in it if not given.
        limit: only the first so many.
        shard: ``"i/n"``, the i-th of n parts.
        unfit: pattern of what is left out of names.

    Raises:
        UserError: no such folder, or no picture in it.
    """
    check_limit(limit)
    root = existing(path)
    if root.is_file():
        return root.stem, named([root], root.parent, unfit)
    if glob is not None and pathlib.PurePath(str(glob)).anchor:
        raise UserError("data.glob={}: give a pattern below data.path, such as *.png".format(glob))
    paths = sorted(p for p in root.glob(str(glob or "*")) if _is_meant(str(p)))
    if glob is None:
        paths = [p for p in paths if p.suffix.lower() in SUFFIXES]
    files = _shard(named(paths, root, unfit)[:limit], shard)
    if not files:
        raise UserError(
            "data.path={}: no picture matches {}; name another folder or pattern with "
            "data.glob".format(path, glob or "*" + ", *".join(sorted(SUFFIXES)))
        )
    return root.resolve().name, files


def existing(path):
    """Return a path that the user gave.

    Raises:
        UserError: there is none, or nothing there.
    """
    if path is None:
        raise UserError("data.path is missing: name the folder of pictures, data.path=photos")
    root = pathlib.Path(str(path)).expanduser()
    if not root.exists():
        raise UserError("data.path={}: no such folder or file".format(path))
    return root


def check_limit(limit):
    """Check a number of files."""
    if limit is not None:
        checks.number("data.limit", limit, 1, whole=True)


def named(paths, root, unfit):
    """Return the :class:`File` of each path below a folder.

    A name is the path without its suffix. Those that would have the same get it, and a number.
    """
    relative = [path.relative_to(root) for path in paths]
    labels = [re.sub(UNSHOWN, "_", path.as_posix()) for path in relative]
    stems = [_fit("_".join(path.with_suffix("").parts), unfit) for path in relative]
    often, taken, files = collections.Counter(stems), set(labels), []
    for path, label, stem in zip(paths, labels, stems):
        if often[stem] > 1:
            stem = _fit("{}_{}".format(stem, path.suffix.lstrip(".").lower()), unfit)
        name, count = stem, 1
        while name in taken and name != label:
            count += 1
            name = "{}_{}".format(stem, count)
        taken.add(name)
        files.append(File(path, label, name))
    return files


def _fit(name, unfit):
    name = re.sub(unfit, "_", name).lstrip(".") or "picture"
    return name.encode("utf-8")[:LONGEST].decode("utf-8", "ignore")


def _is_meant(path):
    """Whether a path is of a file, or a link to nothing, which somebody may miss."""
    return os.path.isfile(path) or (os.path.islink(path) and not os.path.exists(path))


def _shard(files, shard):
    if shard is None:
        return files
    parts = re.fullmatch(r"(\d+)/(\d+)", str(shard))
    index, count = (int(n) for n in parts.groups()) if parts else (0, 0)
    if not 1 <= index <= count:
        raise UserError("data.shard={}: give the part and their number, such as 3/8".format(shard))
    if index > len(files) > 0:
        raise UserError(
            "data.shard={}: empty, of {} pictures; give fewer parts".format(shard, len(files))
        )
    return files[index - 1 :: count]
