"""Where pictures come from: files, of which one at a time is read."""

import pathlib
from typing import Any, NamedTuple, Tuple

import numpy as np

from dmsp.errors import UserError, nearest
from dmsp.files import content_hash
from dmsp.images import finding, sizes
from dmsp.images.form import Form
from dmsp.images.reading import Unreadable, header, read

SAMPLES = ("astronaut.png", "chelsea.png", "coffee.png", "rocket.jpg")
SPLITS = ("train", "test")


class Entry(NamedTuple):
    """A picture of which only the header was read.

    Attributes:
        name: unique in its set.
        path: of the file.
        shape: rows and columns after resize and crop.
        grey: whether it has one channel, and so is observed and restored in one.
        label: what messages call the file.
    """

    name: str
    path: str
    shape: Tuple[int, int]
    grey: bool = False
    label: str = ""


class Picture(NamedTuple):
    """A picture in memory.

    Attributes:
        name: unique in its set.
        pixels: float32 (H, W, 3), 0…255; of a large one maybe uint8.
        note: what was converted on reading, or what was particular, if anything.
        form: what a file of its own is to be like.
    """

    name: str
    pixels: Any
    note: str = ""
    form: Form = Form()


class Skipped(NamedTuple):
    """A file that was left out, what messages call it, and why."""

    name: str
    reason: str


class Source:
    """Picture files, read one at a time, to be degraded and compared with.

    Args:
        name: what results call the set.
        files: :class:`dmsp.images.finding.File`, at least one.
        resize: longest side or (height, width), ``None`` to leave the size.
        crop: side or (height, width) about the centre, ``None`` for all.

    Attributes:
        skipped: files that turned out to be no pictures.
        has_truth: whether the pictures are what a restoration should come to.
    """

    has_truth = True

    def __init__(self, name, files, resize=None, crop=None):
        self.name = name
        self.skipped = []
        self._files = files
        self._resize = sizes.checked(resize, "data.resize")
        self._crop = sizes.checked(crop, "data.crop")

    def entries(self):
        """Return an :class:`Entry` for every file with a readable header, by name."""
        self.skipped = []
        entries = []
        for file in self._files:
            try:
                shape, grey = header(file.path)
            except Unreadable as error:
                self.skipped.append(Skipped(file.label, str(error)))
                continue
            shape = sizes.cropped(sizes.resized(shape, self._resize), self._crop)
            entries.append(Entry(file.name, str(file.path), shape, grey, file.label))
        if not entries:
            raise UserError(
                "{}: none of its {} files is a readable picture; {} {}".format(
                    self._files[0].path.parent, len(self.skipped), *self.skipped[0]
                )
            )
        return entries

    def load(self, entry, compact=False):
        """Return the :class:`Picture` of an entry.

        Args:
            entry: one of :meth:`entries`.
            compact: leave pixels in uint8 that a file holds so.

        Raises:
            Unreadable: the file is corrupt beyond its header.
        """
        photograph = read(entry.path)
        pixels = photograph.pixels
        shape = sizes.resized(pixels.shape[:2], self._resize)
        if not compact or shape != pixels.shape[:2]:
            pixels = pixels.astype(np.float32)
        if shape != pixels.shape[:2]:
            pixels = sizes.resample(pixels, shape)
        top, left = ((n - m) // 2 for n, m in zip(shape, entry.shape))
        pixels = pixels[top : top + entry.shape[0], left : left + entry.shape[1]]
        if pixels.shape[:2] != tuple(entry.shape):
            raise Unreadable("has {} x {} pixels, and not what its header says".format(*shape))
        form = photograph.form.cropped(top, left, entry.shape)
        return self._picture(entry.name, np.ascontiguousarray(pixels), photograph, form)

    def digest(self):
        """Return the SHA-256 of the files' names and bytes, hexadecimal."""
        return content_hash([(file.label, file.path) for file in self._files])

    def _picture(self, name, pixels, photograph, form):
        del form
        return Picture(name, pixels, photograph.note)


class Photographs(Source):
    """Picture files that are observations: their restored pictures are saved in their form."""

    has_truth = False

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

    finding.check_limit(limit)
    root = pathlib.Path(skimage.__file__).parent / "data"
    files = finding.named([root / name for name in SAMPLES], root, finding.EXOTIC)
    return Source("sample", files[:limit], resize, crop)


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
    return Source(*finding.found(path, glob, limit, shard), resize=resize, crop=crop)


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
    return Photographs(*finding.found(path, glob, limit, shard, finding.FORBIDDEN), crop=crop)


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
    root = finding.existing(path)
    places = [place for place in (root / "images" / split, root / split) if place.is_dir()]
    if not places:
        raise UserError(
            "data.path={}: holds no images/{}; name the folder BSDS300 itself".format(path, split)
        )
    _, files = finding.found(places[0], None, limit, shard)
    square = sizes.checked(resize, "data.resize")
    square = square and square * (3 - len(square))
    return Source("BSDS300 {}".format(split), files, square, crop)
