"""How a file holds its picture: what has to be kept where another is written like it."""

from typing import Any, NamedTuple

import numpy as np

from dmsp.levels import PEAK

PIXELS = 2**22  # that are converted at once


class Form(NamedTuple):
    """A file's form; by default that of an 8-bit RGB PNG.

    Attributes:
        grey: whether the file has one channel.
        kind: what its channels are, for people; empty for RGB.
        dtype: type of its values: uint8, uint16 or float32.
        unit: its values for one grey level, 1 for 8 bits and 257 for 16.
        alpha: transparency (H, W) in the file's values, ``None`` without.
        icc: colour profile, empty without.
        exif: EXIF block that says upright, empty without.
        tiff: whether it is a TIFF file; anything else becomes PNG.
        pictures: how many there are in the file, of which this is the first.
        compression: standard deviation in grey levels of what compression changed, about, 0
            where nothing is known of any.
    """

    grey: bool = False
    kind: str = ""
    dtype: Any = np.uint8
    unit: float = 1.0
    alpha: Any = None
    icc: bytes = b""
    exif: bytes = b""
    tiff: bool = False
    pictures: int = 1
    compression: float = 0.0

    @property
    def depth(self):
        """The depth of its channels in words, empty for 8 bits."""
        return {np.uint16: "16 bits", np.float32: "floating point"}.get(self.dtype, "")

    @property
    def choice(self):
        """Which of the file's pictures this is, in words, empty where there is one."""
        return "the first of {} pictures".format(self.pictures) if self.pictures > 1 else ""

    @property
    def suffix(self):
        """What the names of such files end with."""
        return ".tif" if self.tiff else ".png"

    def encoded(self, picture):
        """Yield a picture (H, W, 3) as such a file holds it, (h, W) or (h, W, channels).

        From top to bottom, in parts of at most :data:`PIXELS`. Grey is the mean of the
        channels; transparency is enlarged with the picture.
        """
        form, (height, width) = self, picture.shape[:2]
        if self.alpha is not None:
            form = self._replace(alpha=_enlarged(self.alpha, (height, width)))
        rows = max(1, PIXELS // width)
        for top in range(0, height, rows):
            part = picture[top : top + rows]
            yield form.cropped(top, 0, part.shape[:2])._encode(part)

    def _encode(self, picture):
        plain = not self.grey and self.alpha is None and self.dtype == np.uint8
        if plain and picture.dtype == np.uint8:
            return picture  # which saves two fifths of the time that a strip takes
        levels = np.clip(picture, 0.0, PEAK)
        levels = levels.mean(axis=2, keepdims=True) if self.grey else levels
        values = self._typed(levels * self.unit)
        if self.alpha is not None:
            values = np.concatenate([values, self._typed(self.alpha)[:, :, None]], axis=2)
        return values[:, :, 0] if values.shape[2] == 1 else values

    def cropped(self, top, left, shape):
        """Return the form of a part of the picture."""
        if self.alpha is None:
            return self
        part = self.alpha[top : top + shape[0], left : left + shape[1]]
        return self._replace(alpha=part)

    def coloured(self):
        """Return the form of the same picture in colour."""
        return self._replace(grey=False)

    @property
    def profile(self):
        """The colour profile, if it is one for these channels."""
        return self.icc if self.icc[16:20] == (b"GRAY" if self.grey else b"RGB ") else b""

    def _typed(self, values):
        if np.dtype(self.dtype).kind == "f":
            return values.astype(self.dtype)
        return np.rint(np.clip(values, 0, np.iinfo(self.dtype).max)).astype(self.dtype)


def _enlarged(plane, shape):
    """Return a plane, interpolated bicubically where the shape is another."""
    from PIL import Image

    if plane.shape == tuple(shape):
        return plane
    image = Image.fromarray(plane.astype(np.float32))
    return np.asarray(image.resize(shape[::-1], Image.BICUBIC))
