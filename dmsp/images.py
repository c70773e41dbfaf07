"""Pictures: where they come from, how they are read, checked, grouped and written.

Inside the package a picture is float32 (rows, columns, 3), RGB, in grey levels
from 0 to 255.
"""

import hashlib
import os
import pathlib
import re
from typing import NamedTuple, Tuple

import numpy as np

from dmsp import checks
from dmsp.errors import UserError
from dmsp.pixels import Unreadable, decode, header

PEAK = 255.0
SUFFIXES = {".bmp", ".jpeg", ".jpg", ".png", ".ppm", ".tif", ".tiff", ".webp"}
SAMPLES = ("astronaut.png", "chelsea.png", "coffee.png", "rocket.jpg")


class Entry(NamedTuple):
    """A picture of which only the header was read; its shape is that after resize and crop."""

    name: str
    path: str
    shape: Tuple[int, int]


class Picture(NamedTuple):
    """A picture: its name, its pixels, and what was converted on reading, if anything."""

    name: str
    pixels: np.ndarray
    note: str


class Skipped(NamedTuple):
    """A file that was left out, and why."""

    path: str
    reason: str

    @property
    def name(self):
        """The file's own name."""
        return os.path.basename(self.path)


class Source:
    """Picture files, read one at a time.

    Args:
        name: what results call the set.
        paths: the files.
        root: folder that names are relative to.
        resize: longest side or (height, width), ``None`` to leave the size.
        crop: side or (height, width) about the centre, ``None`` for all.

    Attributes:
        skipped: files that turned out to be no pictures.
    """

    def __init__(self, name, paths, root, resize=None, crop=None):
        self.name = name
        self.skipped = []
        self._paths = list(paths)
        self._root = pathlib.Path(root)
        self._resize = _size(resize, "data.resize")
        self._crop = _size(crop, "data.crop")

    def entries(self):
        """Return an :class:`Entry` for every file with a readable header, by name."""
        self.skipped = []
        entries = []
        names = _unique_names(self._paths, self._root)
        for path, name in zip(self._paths, names):
            try:
                shape = _cropped(_resized(header(path), self._resize), self._crop)
            except Unreadable as error:
                self.skipped.append(Skipped(str(path), str(error)))
                continue
            entries.append(Entry(name, str(path), shape))
        if not entries:
            raise UserError(
                "{}: none of its {} files is a readable picture; first: {}".format(
                    self._root, len(self.skipped), self.skipped[0].reason
                )
            )
        return entries

    def load(self, entry):
        """Return the :class:`Picture` of an entry.

        Raises:
            Unreadable: the file is corrupt beyond its header.
        """
        pixels, note = decode(entry.path)
        shape = _resized(pixels.shape[:2], self._resize)
        if shape != pixels.shape[:2]:
            pixels = _resample(pixels, shape)
        top, left = ((n - m) // 2 for n, m in zip(shape, entry.shape))
        pixels = pixels[top : top + entry.shape[0], left : left + entry.shape[1]]
        return Picture(entry.name, np.ascontiguousarray(pixels), note)

    def digest(self):
        """Return the SHA-256 of the files' names and bytes, hexadecimal."""
        digest = hashlib.sha256()
        for path in self._paths:
            digest.update(str(path.relative_to(self._root)).encode() + b"\0")
            with open(str(path), "rb") as file:
                for block in iter(lambda file=file: file.read(1 << 20), b""):
                    digest.update(block)
        return digest.hexdigest()


def sample(limit=None, resize=None, crop=None):
    """Return four photographs out of the installed scikit-image package.

    Args:
        limit: only the first so many.
        resize: longest side or [height, width].
        crop: side or [height, width] about the centre.
    """
    import skimage

    _check_limit(limit)
    root = pathlib.Path(skimage.__file__).parent / "data"
    return Source("sample", [root / name for name in SAMPLES][:limit], root, resize, crop)


def folder(path, glob=None, limit=None, resize=None, crop=None, shard=None):
    """Return the pictures of a folder, or a single picture.

    Args:
        path: the folder or file.
        glob: pattern relative to the folder; every picture in it if not given.
        limit: only the first so many by name.
        resize: longest side or [height, width].
        crop: side or [height, width] about the centre.
        shard: ``"i/n"``, the i-th of n parts that together make the whole.

    Raises:
        UserError: no such folder, or no picture in it.
    """
    if path is None:
        raise UserError("data.path is missing: name the folder of pictures, data.path=photos")
    _check_limit(limit)
    root = pathlib.Path(str(path)).expanduser()
    if not root.exists():
        raise UserError("data.path={}: no such folder or file".format(path))
    if root.is_file():
        return Source(root.stem, [root], root.parent, resize, crop)
    if glob is not None and pathlib.PurePath(str(glob)).anchor:
        raise UserError("data.glob={}: give a pattern below data.path, such as *.png".format(glob))
    paths = sorted(p for p in root.glob(str(glob or "*")) if p.is_file())
    if glob is None:
        paths = [p for p in paths if p.suffix.lower() in SUFFIXES]
    paths = _shard(paths[:limit], shard)
    if not paths:
        raise UserError(
            "data.path={}: no picture matches {}; name another folder or pattern with "
            "data.glob".format(path, glob or "*" + ", *".join(sorted(SUFFIXES)))
        )
    return Source(root.resolve().name, paths, root, resize, crop)


def batches(entries, batch_size):
    """Return lists of entries of one shape, at most ``batch_size`` long.

    Shapes follow in the order of their first picture, so that each is compiled once.
    """
    groups = {}
    for entry in entries:
        groups.setdefault(entry.shape, []).append(entry)
    return [
        group[start : start + batch_size]
        for group in groups.values()
        for start in range(0, len(group), batch_size)
    ]


def to_uint8(picture):
    """Return a picture as it is stored: clipped to 0…255, then rounded."""
    return np.rint(np.clip(picture, 0.0, PEAK)).astype(np.uint8)


def write_png(path, picture):
    """Write a picture (H, W, 3) as PNG; the file appears whole or not at all.

    Raises:
        UserError: the folder cannot be written.
    """
    from PIL import Image

    part = "{}.part".format(path)
    try:
        Image.fromarray(to_uint8(picture)).save(part, format="PNG")
        os.replace(part, str(path))
    except OSError as error:
        raise UserError(
            "{}: cannot be written ({}); free the folder or give another with outputs=…".format(
                path, error.strerror or error
            )
        ) from error


def _unique_names(paths, root):
    """Return a name of letters, digits, dots, dashes and underscores for each path."""
    names, taken = [], set()
    for path in paths:
        relative = path.relative_to(root)
        plain = "_".join(relative.with_suffix("").parts)
        name = stem = re.sub(r"[^\w.-]+", "_", plain, flags=re.ASCII).lstrip(".") or "picture"
        if name in taken:
            name = stem = "{}_{}".format(stem, path.suffix.lstrip(".").lower())
        count = 1
        while name in taken:
            count += 1
            name = "{}_{}".format(stem, count)
        taken.add(name)
        names.append(name)
    return names


def _check_limit(limit):
    if limit is not None:
        checks.number("data.limit", limit, 1, whole=True)


def _size(value, key):
    # type: (object, str) -> Optional[Tuple[int, ...]]
    """Return a checked size: one number for a side, two for height and width."""
    if value is None:
        return None
    sides = tuple(value) if hasattr(value, "__len__") and not isinstance(value, str) else (value,)
    if not (1 <= len(sides) <= 2 and all(isinstance(n, int) and n > 0 for n in sides)):
        raise UserError("{}={}: give pixels, such as 256 or [180,180]".format(key, value))
    return sides


def _resized(shape, size):
    """Return the shape after a resize to a longest side, or to height and width."""
    if size is None:
        return tuple(shape)
    if len(size) == 2:
        return size
    longest = max(shape)
    return tuple(max(1, int(round(n * size[0] / longest))) for n in shape)


def _cropped(shape, size):
    if size is None:
        return tuple(shape)
    return tuple(min(n, m) for n, m in zip(shape, size * (3 - len(size))))


def _resample(pixels, shape):
    """Resize with Lanczos' kernel, widened on reduction so that nothing aliases."""
    from PIL import Image

    planes = [
        np.asarray(Image.fromarray(pixels[..., c]).resize(shape[::-1], Image.LANCZOS))
        for c in range(pixels.shape[2])
    ]
    return np.clip(np.stack(planes, axis=2), 0.0, PEAK)


def _shard(paths, shard):
    if shard is None:
        return paths
    found = re.fullmatch(r"(\d+)/(\d+)", str(shard))
    index, count = (int(n) for n in found.groups()) if found else (0, 0)
    if not 1 <= index <= count:
        raise UserError("data.shard={}: give the part and their number, such as 3/8".format(shard))
    return paths[index - 1 :: count]
