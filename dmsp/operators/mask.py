"""Observation of some of a picture's values."""

import numpy as np
import tensorflow.compat.v1 as tf
from scipy.ndimage import uniform_filter

from dmsp.errors import Unfit
from dmsp.operators.base import Operator
from dmsp.operators.filling import NormalisedConvolution

WINDOW = 7  # pixels, over which a denoiser sees noisy values and those without noise together


class Selection(Operator):
    """Some values of the picture and nothing of the others, so that ``A Aᵀ = I``.

    Args:
        measured: M, boolean (H, W, 1) for all channels at once, or (H, W, channels).
    """

    selects = True
    closed_form = True

    def __init__(self, measured):
        self.latent_shape = measured.shape[:2]
        self.coverage = float(measured.mean())
        self.noisy = _density(measured)
        self.measured = measured.astype(np.float32)
        self._filling = None

    def solve(self, u, weight, damping, effort):
        return u / (weight + damping)

    def initial(self, y):
        if self._filling is None:  # which takes memory, and not every operator is asked for it
            self._filling = NormalisedConvolution(self.measured > 0)
        return self._filling(self.adjoint(y))

    def baseline(self, y):
        return self.initial(y)


class Mask(Selection):
    """The pixels that a mask leaves, all channels of each: ``A x = (x[p] for p in M)``.

    The observation is a column of pixels, (N, n, 1, channels), in reading
    order: what is lost carries neither noise nor weight. Estimate and baseline
    are interpolated by :class:`dmsp.operators.filling.NormalisedConvolution`.

    Args:
        mask: M, boolean (H, W), true where measured, somewhere true.
    """

    period = 0

    def __init__(self, mask):
        super().__init__(mask[:, :, None])
        self._places = np.flatnonzero(mask).astype(np.int32)
        self.observed_shape = (len(self._places), 1)
        # The rank of each pixel among the measured ones; the others point behind the last.
        self._ranks = np.where(mask, np.cumsum(mask).reshape(mask.shape) - 1, len(self._places))

    def part(self, begin, shape):
        (top, left), (height, width) = begin, shape
        mask = self.measured[top : top + height, left : left + width, 0] > 0
        if not mask.any():
            raise Unfit(
                "the mask leaves no pixel of {} x {} at row {}, column {}; take larger "
                "tiles with tile=".format(height, width, top, left)
            )
        part = Mask(mask)
        part.noisy = self.noisy  # one level for the whole picture, or seams would show
        return part

    def forward(self, x):
        count, height, width, channels = x.shape.as_list()
        pixels = tf.reshape(x, [count, height * width, channels])
        return tf.gather(pixels, self._places, axis=1)[:, :, None]

    def adjoint(self, r):
        pixels = tf.pad(r[:, :, 0], [[0, 0], [0, 1], [0, 0]])
        return tf.gather(pixels, self._ranks.astype(np.int32), axis=1)

    def observation(self, picture):
        """Return the pixels that the mask leaves; what the file holds elsewhere does not count."""
        return picture.reshape(-1, 1, picture.shape[2])[self._places]

    def laid_out(self, y):
        """Return the picture with black holes."""
        return self._placed(y, 0.0)

    def planes(self, y):
        return self._placed(y, np.nan)

    def _placed(self, y, hole):
        picture = np.full((np.prod(self.latent_shape), y.shape[2]), hole, y.dtype)
        picture[self._places] = y[:, 0]
        return picture.reshape(tuple(self.latent_shape) + y.shape[2:])


def _density(measured):
    """Return the mean share of measured values in the windows around those that are measured."""
    share = measured.mean(axis=2)
    return float(np.average(uniform_filter(share, WINDOW, mode="nearest"), weights=share))
