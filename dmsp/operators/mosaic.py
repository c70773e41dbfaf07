"""Colour filter arrays."""

import pathlib

import numpy as np
import tensorflow.compat.v1 as tf

from dmsp.errors import Unfit, UserError, nearest
from dmsp.operators.mask import Selection

COLOURS = "RGB"
PATTERNS = {
    "RGGB": ("RG", "GB"),
    "GRBG": ("GR", "BG"),
    "GBRG": ("GB", "RG"),
    "BGGR": ("BG", "GR"),
    "XTRANS": ("GBGGRG", "RGRBGB", "GBGGRG", "GRGGBG", "BGBRGR", "GRGGBG"),
}


class Mosaic(Selection):
    """One colour at each pixel, as behind a colour filter array: ``A x = sum_c M_c x_c``.

    The observation has one channel, (N, H, W, 1). Estimate and baseline are
    interpolated by :class:`dmsp.operators.filling.NormalisedConvolution`, which
    is bilinear demosaicing for the Bayer patterns.

    Args:
        shape: rows and columns of the picture.
        pattern: one of :data:`PATTERNS`, from the upper left corner on, or a text
            file with rows of the letters R, G and B.

    Raises:
        UserError: no such pattern or file, or it lacks a colour.

    Source: Bayer, US patent 3971065, 1976; X-Trans: Fujifilm.
    """

    observed_channels = 1

    def __init__(self, shape, pattern="RGGB"):
        tile = _tile(pattern)
        repeats = [-(-n // t) for n, t in zip(shape, tile.shape)]
        letters = np.tile(tile, repeats)[: shape[0], : shape[1]]
        measured = letters[:, :, None] == np.array(list(COLOURS))
        if not measured.any(axis=(0, 1)).all():
            raise Unfit(
                "task.pattern={}: a picture of {} x {} pixels does not hold all three colours; "
                "take larger pictures".format(pattern, *shape)
            )
        super().__init__(measured)
        self.observed_shape = self.latent_shape
        self._alternating = tile.shape == (2, 2)
        self._pattern = pattern
        self.period = int(np.lcm(*tile.shape))

    def part(self, begin, shape):
        del begin
        return Mosaic(shape, self._pattern)

    def forward(self, x):
        return tf.reduce_sum(self.measured * x, axis=3, keepdims=True)

    def adjoint(self, r):
        return self.measured * r

    def observation(self, picture):
        """Return the values of a raw file, which are the same in all three channels."""
        if (picture != picture[:, :, :1]).any():
            raise Unfit(
                "it is no mosaic but a picture in colour; give raw files of one channel, or "
                "data=folder to make mosaics of pictures"
            )
        return picture[:, :, :1]

    def display(self, y):
        """Return each value in its colour."""
        return self.measured * y

    def planes(self, y):
        """Return sums of neighbours where colours alternate, as in the Bayer patterns.

        Of a picture of one colour they are alike along a row, and along a column,
        so that a second difference along both axes leaves nothing of it; the sums
        are scaled so that it passes noise as it does that of single pixels. Other
        patterns give every n-th pixel of y, for the smallest n with planes of one colour.
        """
        if self._alternating:
            along = y[:-1, :-1] + y[:-1, 1:], y[:-1, :-1] + y[1:, :-1]
            return np.sqrt(1.5) * np.concatenate(along, axis=2)
        for step in range(1, max(self.latent_shape) + 1):
            colours = _phases(self.measured.argmax(axis=2), step)
            alike = (colours == colours[:1, :1]).all(axis=(0, 1))
            if alike.any():
                return _phases(y[:, :, 0], step)[:, :, alike]


def _phases(table, step):
    """Return the pixels (i step + p, j step + q) of a table as planes (i, j, p step + q)."""
    rows, columns = (max(n // step, 1) for n in table.shape)
    table = table[: rows * step, : columns * step].reshape(rows, step, columns, step)
    return table.transpose(0, 2, 1, 3).reshape(rows, columns, step * step)


def _tile(pattern):
    """Return the letters of a pattern, (rows, columns)."""
    name = str(pattern)
    if name.upper() in PATTERNS:
        rows = PATTERNS[name.upper()]
    elif pathlib.Path(name).expanduser().is_file():
        text = pathlib.Path(name).expanduser().read_text(errors="replace")
        rows = ["".join(line.split()).upper() for line in text.splitlines() if line.strip()]
    else:
        raise UserError(
            "task.pattern={}: no such pattern or file{}".format(
                pattern, nearest(name.upper(), PATTERNS)
            )
        )
    if len({len(row) for row in rows}) != 1 or set("".join(rows)) != set(COLOURS):
        raise UserError(
            "task.pattern={}: a pattern has rows of one length that hold the letters R, G and B, "
            "each at least once".format(pattern)
        )
    return np.array([list(row) for row in rows])
