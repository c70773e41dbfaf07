"""PSNR and SSIM with their protocol stated."""

from typing import NamedTuple, Tuple

import numpy as np

from dmsp import checks
from dmsp.errors import Unfit, UserError, nearest
from dmsp.levels import PEAK, to_uint8

WINDOW = 11
PIXELS = 2**22  # that are compared at once
COLOURS = {"rgb": "RGB", "luminance": "luminance"}
# Y of ITU-R BT.601 for R, G and B from 0 to 255: from 16 to 235, as MATLAB's rgb2ycbcr.
LUMINANCE = np.array([65.481, 128.553, 24.966], np.float32) / 255.0
BLACK = 16.0


class Protocol(NamedTuple):
    """How two pictures are compared; it travels with the figure.

    Attributes:
        border: rows and columns left out on every side.
        quantise: whether both pictures are rounded to whole grey levels first.
        colour: ``rgb``, or ``luminance``: Y of ITU-R BT.601, 16 to 235, rounded like the
            pictures. Super-resolution is mostly published so; it comes out higher by
            1.3 dB in grey pictures, and in most colour pictures by more.
    """

    border: Tuple[int, int] = (0, 0)
    quantise: bool = True
    colour: str = "rgb"

    @property
    def name(self):
        """The protocol in words, for results."""
        values = "rounded to uint8" if self.quantise else "not rounded"
        return "{}, border {}x{}, {}, range 255".format(COLOURS[self.colour], *self.border, values)

    def parts(self, estimate, truth, overlap=0):
        """Yield what of two pictures (H, W, 3) is compared, float64 (h, w, 3), or (h, w, 1).

        From top to bottom, in parts of about :data:`PIXELS`, so that large pictures take no
        more memory.

        Args:
            estimate, truth: the pictures.
            overlap: rows that a part shares with the next.
        """
        rows, columns = self.border
        height, width = (n - 2 * b for n, b in zip(truth.shape, self.border))
        step = max(1, PIXELS // width)
        for top in range(rows, rows + height - overlap, step):
            bottom = min(top + step + overlap, rows + height)
            views = (p[top:bottom, columns : columns + width] for p in (estimate, truth))
            yield tuple(self.prepare(view) for view in views)

    def prepare(self, view):
        """Return a part of a picture (h, w, 3) as it is compared."""
        view = np.asarray(to_uint8(view) if self.quantise else view, np.float64)
        if self.colour == "rgb":
            return view
        luminance = BLACK + view @ LUMINANCE[:, None].astype(np.float64)
        return np.rint(luminance) if self.quantise else luminance


def protocol(operator, colour="rgb", border=None):
    """Return the :class:`Protocol` by which what an operator observed is measured.

    Args:
        operator: whose border is left out if none is given.
        colour: one of :data:`COLOURS`.
        border: rows and columns of the field of view to leave out on every side.

    Raises:
        UserError: no such colour or border, or (:class:`Unfit`) it is too wide for the picture.
    """
    if colour not in COLOURS:
        hint = nearest(colour, COLOURS)
        raise UserError("metrics.colour={}: no such choice{}".format(colour, hint))
    reason = ""
    if border is None:
        border, reason = operator.border, ", as the task has it,"
    checks.number("metrics.border", border, 0, what="pixels", whole=True, such_as=10)
    view = [n - sum(margin) for n, margin in zip(operator.latent_shape, operator.margin)]
    if min(view) <= 2 * border:
        raise Unfit(
            "metrics.border={}{} leaves nothing of {} x {} pixels; take larger pictures, or give a "
            "narrower one".format(border, reason, *view)
        )
    return Protocol((border, border), colour=colour)


def psnr(estimate, truth, protocol):
    """Return the peak signal-to-noise ratio ``10 log10(255² / mean((x - t)²))`` in dB.

    Infinite for equal pictures. Both are (H, W, 3) in grey levels.
    """
    squares, count = 0.0, 0
    for x, t in protocol.parts(estimate, truth):
        squares += np.sum(np.square(x - t))
        count += t.size
    error = squares / count
    return float("inf") if error == 0 else float(10 * np.log10(PEAK**2 / error))


def ssim(estimate, truth, protocol):
    """Return the mean structural similarity over pixels and channels.

    Gaussian window of 11 pixels and σ = 1.5, K₁ = 0.01, K₂ = 0.03; ``None`` for
    pictures smaller than the window. Both are (H, W, 3) in grey levels.

    Source: Wang et al., IEEE TIP 13(4), 2004.
    """
    from skimage.metrics import structural_similarity

    if min(n - 2 * b for n, b in zip(truth.shape, protocol.border)) < WINDOW:
        return None
    means, rows = [], []
    for x, t in protocol.parts(estimate, truth, overlap=WINDOW - 1):
        rows.append(len(t) - (WINDOW - 1))
        mean = structural_similarity(
            x,
            t,
            data_range=PEAK,
            channel_axis=2,
            gaussian_weights=True,
            sigma=1.5,
            use_sample_covariance=False,
        )
        means.append(mean)
    return float(np.average(means, weights=rows))
