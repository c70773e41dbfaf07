"""Where pictures come from: files, of which one at a time is read."""

import os
import pathlib
import re
from typing import Any, NamedTuple, Tuple

import numpy as np

from dmsp import checks
from dmsp.errors import UserError, nearest
from dmsp.files import content_hash
from dmsp.images import sizes
from dmsp.images.form import Form
from dmsp.images.reading import Unreadable, header, read

SUFFIXES = {".bmp", ".jpeg", ".jpg", ".png", ".ppm", ".tif", ".tiff", ".webp"}
SAMPLES = ("astronaut.png", "chelsea.png", "coffee.png", "rocket.jpg")
SPLITS = ("train", "test")
# Unfit for names: in results all but plain characters, beside photographs what no file may have.
EXOTIC, FORBIDDEN = r"[^a-zA-Z0-9_.-]+", r'[\x00-\x1f\x7f\\/:*?"<>|]+'


class Entry(NamedTuple):
    """A picture of which only the header was read.

    Attributes:
        name: unique in its set.
        path: of the file.
        shape: rows and columns after resize and crop.
        grey: whether it has one channel, and so is observed and restored in one.
    """

    name: str
    path: str
    shape: Tuple[int, int]
    grey: bool = False


class Picture(NamedTuple):
    """A picture in memory.

    Attributes:
        name: unique in its set.
        pixels: float32 (H, W, 3), 0…255.
        note: what was converted on reading, or what was particular, if anything.
        form: what a file of its own is to be like.
    """

    name: str
    pixels: Any
    note: str = ""
    form: Form = Form()


class Skipped(NamedTuple):
    """A file that was left out, and why."""

    path: str
    reason: str

    @property
    def name(self):
        """The file's own name."""
        return os.path.basename(self.path)


class Source:
    """Picture files, read one at a time, to be degraded and compared with.

    Args:
        name: what results call the set.
        paths: the files.
        root: folder that names are relative to.
        resize: longest side or (height, width), ``None`` to leave the size.
        crop: side or (height, width) about the centre, ``None`` for all.

    Attributes:
        skipped: files that turned out to be no pictures.
        has_truth: whether the pictures are what a restoration should come to.
    """

    has_truth = True
    _unfit = EXOTIC

    def __init__(self, name, paths, root, resize=None, crop=None):
        self.name = name
        self.skipped = []
        self._paths = list(paths)
        self._root = pathlib.Path(root)
        self._resize = sizes.checked(resize, "data.resize")
        self._crop = sizes.checked(crop, "data.crop")

    def entries(self):
        """Return an :class:`Entry` for every file with a readable header, by name."""
        self.skipped = []
        entries = []
        names = _unique_names(self._paths, self._root, self._unfit)
        for path, name in zip(self._paths, names):
            try:
                shape, grey = header(path)
            except Unreadable as error:
                self.skipped.append(Skipped(str(path), str(error)))
                continue
            shape = sizes.cropped(sizes.resized(shape, self._resize), self._crop)
            entries.append(Entry(name, str(path), shape, grey))
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
        photograph = read(entry.path)
        pixels = photograph.pixels
        shape = sizes.resized(pixels.shape[:2], self._resize)
        if shape != pixels.shape[:2]:
            pixels = sizes.resample(pixels, shape)
        top, left = ((n - m) // 2 for n, m in zip(shape, entry.shape))
        pixels = pixels[top : top + entry.shape[0], left : left + entry.shape[1]]
        form = photograph.form.cropped(top, left, entry.shape)
        return self._picture(entry.name, np.ascontiguousarray(pixels), photograph, form)

    def digest(self):
        """Return the SHA-256 of the files' names and bytes, hexadecimal."""
        return content_hash([(path.relative_to(self._root), path) for path in self._paths])

    def _picture(self, name, pixels, photograph, form):
        del form
        return Picture(name, pixels, photograph.note)


class Photographs(Source):
    """Picture files that are observations: their restored pictures are saved in their form."""

    has_truth = False
    _unfit = FORBIDDEN

    def _picture(self, name, pixels, photograph, form):
        return Picture(name, pixels, photograph.kept, form)


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
    return Source(*_found(path, glob, limit, shard), resize=resize, crop=crop)


def observed(path, glob=None, limit=None, crop=None, shard=None):
    """Return photographs to be restored as they are, without a truth.

    Args:
        path: the folder or file.
        glob: pattern relative to the folder; every picture in it if not given.
        limit: only the first so many by name.
        crop: side or [height, width] about the centre.
        shard: ``"i/n"``, the i-th of n parts that together make the whole.

    Raises:
        UserError: no such folder, or no picture in it.
    """
    return Photographs(*_found(path, glob, limit, shard), crop=crop)


def bsds300(path, split="test", limit=None, resize=None, crop=None, shard=None):
    """Return the pictures of a Berkeley Segmentation Dataset's folder.

    Args:
        path: the folder, with images/train and images/test in it.
        split: which of the two.
        limit: only the first so many by name.
        resize: side of a square, as in the published experiments, or [height, width].
        crop: side or [height, width] about the centre.
        shard: ``"i/n"``, the i-th of n parts that together make the whole.

    Raises:
        UserError: no such folder, or it is laid out in another way.
    """
    if split not in SPLITS:
        raise UserError("data.split={}: no such choice{}".format(split, nearest(split, SPLITS)))
    root = _existing(path)
    places = [place for place in (root / "images" / split, root / split) if place.is_dir()]
    if not places:
        raise UserError(
            "data.path={}: holds no images/{}; name the folder BSDS300 itself".format(path, split)
        )
    _, paths, below = _found(places[0], None, limit, shard)
    square = sizes.checked(resize, "data.resize")
    square = square and square * (3 - len(square))
    return Source("BSDS300 {}".format(split), paths, below, square, crop)


def _found(path, glob, limit, shard):
    """Return the name of a set of files, the files by name, and the folder that they are in."""
    _check_limit(limit)
    root = _existing(path)
    if root.is_file():
        return root.stem, [root], root.parent
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
    return root.resolve().name, paths, root


def _existing(path):
    if path is None:
        raise UserError("data.path is missing: name the folder of pictures, data.path=photos")
    root = pathlib.Path(str(path)).expanduser()
    if not root.exists():
        raise UserError("data.path={}: no such folder or file".format(path))
    return root


def _unique_names(paths, root, unfit):
    """Return a name without unfit characters for each path."""
    names, taken = [], set()
    for path in paths:
        relative = path.relative_to(root)
        plain = "_".join(relative.with_suffix("").parts)
        name = stem = re.sub(unfit, "_", plain).lstrip(".") or "picture"
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


def _shard(paths, shard):
    if shard is None:
        return paths
    found = re.fullmatch(r"(\d+)/(\d+)", str(shard))
    index, count = (int(n) for n in found.groups()) if found else (0, 0)
    if not 1 <= index <= count:
        raise UserError("data.shard={}: give the part and their number, such as 3/8".format(shard))
    return paths[index - 1 :: count]
