"""Valid blur, alone and followed by sub-sampling."""

import numpy as np
import tensorflow.compat.v1 as tf

from dmsp.errors import UserError
from dmsp.operators.base import Operator
from dmsp.operators.convolution import FourierConvolution
from dmsp.operators.resampling import cubic, interpolation_matrix, linear


class ValidBlur(Operator):
    """Blur whose observation holds only pixels that the picture determines: ``A x = k ⋆ x``.

    Nothing is assumed of what lies outside the picture. The latent picture is
    larger than the observation by the kernel; the field of view starts
    ``(k - 1) // 2`` pixels inside it, so that a kernel of odd size is centred.

    Args:
        kernel: blur kernel of sum one, (kh, kw).
        shape: rows and columns available for the latent picture.
        convolution: class that computes the correlation.

    Raises:
        UserError: the kernel is larger than the picture.

    Source: Bigdeli et al., NIPS 2017, section 4.1; the published code's ``filter_image``.
    """

    def __init__(self, kernel, shape, convolution=FourierConvolution):
        _check_fits(kernel, shape)
        self.latent_shape = tuple(shape)
        self.observed_shape = tuple(n - k + 1 for n, k in zip(shape, kernel.shape))
        self.margin = tuple(((k - 1) // 2, k // 2) for k in kernel.shape)
        self.kernel_energy = float(np.sum(np.square(kernel, dtype=np.float64)))
        self._convolution = convolution(kernel, self.latent_shape)

    @classmethod
    def latent_shape_of(cls, observed_shape, kernel):
        """Return the latent (H, W) behind an observation of (h, w)."""
        return tuple(n + k - 1 for n, k in zip(observed_shape, kernel.shape))

    def forward(self, x):
        return self._convolution.forward(x)

    def adjoint(self, r):
        return self._convolution.adjoint(r)

    def initial(self, y):
        return _extend(y, self.margin)

    def baseline(self, y):
        return y


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
        if scale != int(scale) or scale < 1:
            raise UserError("task.scale={}: give a whole number from 1, such as 2".format(scale))
        _check_fits(kernel, shape)
        self.scale = int(scale)
        self.observed_shape = tuple((n - k + 1) // self.scale for n, k in zip(shape, kernel.shape))
        if min(self.observed_shape) < 1:
            raise UserError(
                "task.scale={}: nothing is left of a picture of {} x {} pixels; "
                "take a smaller scale or larger pictures".format(scale, *shape)
            )
        self.latent_shape = self.latent_shape_of(self.observed_shape, kernel, self.scale)
        self.margin = tuple(((k - 1) // 2, k // 2) for k in kernel.shape)
        # The margin of the kernel's radius counts towards the field's custom of a border of scale.
        self.border = max(0, self.scale - min(kernel.shape) // 2)
        self.coverage = 1.0 / self.scale**2
        self.kernel_energy = float(np.sum(np.square(kernel, dtype=np.float64)))
        self._convolution = convolution(kernel, self.latent_shape)
        # An even kernel's centre lies half a pixel after the pixel that the field of view counts.
        self._shift = [(k - 1) / 2 - (k - 1) // 2 for k in kernel.shape]

    @classmethod
    def latent_shape_of(cls, observed_shape, kernel, scale):
        """Return the latent (H, W) behind an observation of (h, w)."""
        return tuple(scale * n + k - 1 for n, k in zip(observed_shape, kernel.shape))

    def forward(self, x):
        return self._convolution.forward(x)[:, :: self.scale, :: self.scale]

    def adjoint(self, r):
        return self._convolution.adjoint(self._spread(r))

    def initial(self, y):
        return _extend(self._interpolate(y, linear), self.margin)

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
        y = tf.einsum("ij,njkc->nikc", tf.constant(rows), y)
        return tf.einsum("lk,nikc->nilc", tf.constant(columns), y)


def _check_fits(kernel, shape):
    if any(k > n for k, n in zip(kernel.shape, shape)):
        raise UserError(
            "the kernel of {} x {} pixels is larger than the picture of {} x {}; "
            "take a smaller kernel or larger pictures".format(*(kernel.shape + tuple(shape)))
        )


def _extend(y, margin):
    """Repeat the edge pixels of ``y`` over the margin."""
    rows, columns = (
        np.clip(np.arange(-before, n + after), 0, n - 1)
        for n, (before, after) in zip(y.shape.as_list()[1:3], margin)
    )
    return tf.gather(tf.gather(y, rows, axis=1), columns, axis=2)
