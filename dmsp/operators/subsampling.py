"""Blur followed by sub-sampling."""

import numpy as np
import tensorflow.compat.v1 as tf

from dmsp.errors import Unfit, UserError
from dmsp.operators import boundaries
from dmsp.operators.base import Operator
from dmsp.operators.blur import CircularBlur, check_fits, choose, energy, margin_of
from dmsp.operators.convolution import FourierConvolution
from dmsp.operators.resampling import cubic, interpolation_matrix, linear, resampled


class SubsampledBlur(Operator):
    """Blur and keep every ``scale``-th pixel: ``A x = S (k ⋆ x)``, the first kept at the origin.

    Args:
        kernel: blur kernel of sum one, (kh, kw).
        shape: rows and columns available for the latent picture; a remainder
            that does not fill ``scale`` pixels is left out at the end.
        scale: sampling distance in pixels.
        convolution: class that computes the correlation.

    Raises:
        UserError: the kernel is larger than the picture, or the scale is no
            integer from 1.

    Source: Bigdeli et al., NIPS 2017, section 4.2.
    """

    def __init__(self, kernel, shape, scale, convolution=FourierConvolution):
        check_fits(kernel, shape)
        self.observed_shape = subsampled([n - k + 1 for n, k in zip(shape, kernel.shape)], scale)
        self.latent_shape = self.latent_shape_of(self.observed_shape, kernel, scale)
        self.margin = margin_of(kernel)
        # The margin of the kernel's radius counts towards the field's custom of a border of scale.
        self.border = max(0, scale - min(kernel.shape) // 2)
        self.period = int(scale)
        self._describe(kernel, scale, convolution(kernel, self.latent_shape))

    def _describe(self, kernel, scale, correlation):
        self.kernel = kernel
        self.kernel_energy = energy(kernel)
        self.coverage = 1.0 / scale**2
        self.scale = int(scale)
        self._correlation = correlation
        self.looped = correlation.looped
        # An even kernel's centre lies half a pixel after the pixel that the field of view counts.
        self._shift = [(k - 1) / 2 - (k - 1) // 2 for k in kernel.shape]

    @classmethod
    def latent_shape_of(cls, observed_shape, kernel, scale):
        """Return the latent (H, W) behind an observation of (h, w)."""
        return tuple(scale * n + k - 1 for n, k in zip(observed_shape, kernel.shape))

    def part(self, begin, shape):
        del begin
        return SubsampledBlur(self.kernel, shape, self.scale, type(self._correlation))

    def forward(self, x):
        return self._correlation.forward(x)[:, :: self.scale, :: self.scale]

    def adjoint(self, r):
        return self._correlation.adjoint(self._spread(r))

    def solve(self, u, weight, damping, effort):
        return self._correlation.solve(u, weight, damping, effort, self.scale)

    def initial(self, y):
        return boundaries.replicate(self._interpolate(y, linear), self.margin)

    def baseline(self, y):
        return self._interpolate(y, cubic)

    def _spread(self, r):
        """Return ``Sᵀ r``: the samples at their places, zero elsewhere."""
        count, rows, columns, channels = r.shape.as_list()
        spread = tf.pad(
            tf.reshape(r, [count, rows, 1, columns, 1, channels]),
            [[0, 0], [0, 0], [0, self.scale - 1], [0, 0], [0, self.scale - 1], [0, 0]],
        )
        return tf.reshape(spread, [count, rows * self.scale, columns * self.scale, channels])

    def _interpolate(self, y, kernel):
        rows, columns = (
            interpolation_matrix(n, (np.arange(n * self.scale) - shift) / self.scale, kernel)
            for n, shift in zip(self.observed_shape, self._shift)
        )
        return resampled(y, rows, columns)


class CircularSubsampledBlur(SubsampledBlur):
    """Blur of a picture that repeats itself outside, and every ``scale``-th pixel of it.

    ``A Aᵀ`` is circulant; its eigenvalues are the kernel's power spectrum averaged
    over the aliases, which gives the closed form.

    Args:
        kernel: blur kernel of sum one, (kh, kw).
        shape: rows and columns available for the picture; a remainder that does
            not fill ``scale`` pixels is left out at the end.
        scale: sampling distance in pixels.
        convolution: class that computes the correlation.

    Raises:
        UserError: as :class:`SubsampledBlur`.

    Source: Zhao et al., IEEE TIP 25(8), 2016, theorem 1; the data of Zhang et
    al., CVPR 2020 (USRNet), equation 1.
    """

    closed_form = True

    def __init__(self, kernel, shape, scale, convolution=FourierConvolution):
        self.observed_shape = subsampled(shape, scale)
        self.latent_shape = tuple(n * scale for n in self.observed_shape)
        self.border = scale
        self._describe(kernel, scale, CircularBlur(kernel, self.latent_shape, convolution))

    @classmethod
    def latent_shape_of(cls, observed_shape, kernel, scale):
        """Return the latent (H, W) behind an observation of (h, w)."""
        del kernel
        return tuple(scale * n for n in observed_shape)

    def solve(self, u, weight, damping, effort):
        return self._correlation.solve_samples(u, weight, damping, self.scale)


SUBSAMPLED_BLURS = {"valid": SubsampledBlur, "circular": CircularSubsampledBlur}


def choose_subsampled_blur(kernel, shape, scale, boundary="valid", convolution=FourierConvolution):
    """Return the sub-sampled blur that takes the picture's outside to be what ``boundary`` says.

    Args:
        kernel: blur kernel of sum one, (kh, kw).
        shape: rows and columns available for the picture.
        scale: sampling distance in pixels.
        boundary: one of :data:`SUBSAMPLED_BLURS`.
        convolution: class that computes the correlation.

    Raises:
        UserError: no such boundary.
    """
    return choose(SUBSAMPLED_BLURS, boundary)(kernel, shape, scale, convolution)


def subsampled(shape, scale, smallest=1):
    """Return rows and columns of a picture's samples.

    Args:
        shape: rows and columns of the picture.
        scale: sampling distance in pixels.
        smallest: lowest scale that is meant.

    Raises:
        UserError: the scale is no whole number from ``smallest``, or no sample is left.
    """
    if not isinstance(scale, (int, float)) or scale != int(scale) or scale < smallest:
        raise UserError(
            "task.scale={}: give a whole number from {}, such as 2".format(scale, smallest)
        )
    samples = tuple(n // int(scale) for n in shape)
    if min(samples) < 1:
        raise Unfit(
            "task.scale={}: nothing is left of a picture of {} x {} pixels; "
            "take a smaller scale or larger pictures".format(scale, *shape)
        )
    return samples
