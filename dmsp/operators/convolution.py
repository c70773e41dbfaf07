"""Correlation with a blur kernel and its adjoint, in space and in the Fourier domain.

Both classes compute the same pair of maps for every channel of a picture::

    (C x)[i]  = sum_m k[m] x[i + m]        valid: (H, W) -> (H - kh + 1, W - kw + 1)
    (Cᵀ r)[j] = sum_m k[m] r[j - m]        full:  (H - kh + 1, W - kw + 1) -> (H, W)

``C`` is ``scipy.signal.convolve2d(x, flip(k), 'valid')``, the convention of the
published DMSP code.
"""

import numpy as np
import tensorflow.compat.v1 as tf

from dmsp.operators.conjugate_gradients import conjugate_gradients
from dmsp.operators.transforms import (
    FastTransform,
    MatrixTransform,
    fast_grid,
    power_spectrum,
    spectrum,
)


class _Convolution:
    """What both classes share: ``S C Cᵀ Sᵀ`` is a filter, S keeping every scale-th pixel.

    Of the kept pixels, it correlates with every scale-th value of the kernel's
    autocorrelation. On a grid as large as the picture nothing of that wraps
    around.

    Args:
        kernel: blur kernel, (kh, kw).
        shape: rows and columns (H, W) of the pictures.
    """

    transform = None
    looped = True  # whether the device that it is for has loops

    def __init__(self, kernel, shape):
        self._kernel = kernel
        self._shape = tuple(shape)
        self._valid_shape = tuple(n - k + 1 for n, k in zip(shape, kernel.shape))

    def solve(self, u, weight, damping, effort, scale=1):
        """Return ``(weight S C Cᵀ Sᵀ + damping I)⁻¹ u`` by conjugate gradients.

        Args:
            u: (N, h, w, channels).
            weight: broadcast against (N, 1, 1, 1).
            damping: likewise.
            effort: :class:`~dmsp.operators.conjugate_gradients.Effort` of theirs.
            scale: sampling distance in pixels.
        """
        transform, power = self._filter(u, fast_grid([-(-n // scale) for n in self._shape]), scale)
        response = weight * power + damping
        planes = conjugate_gradients(
            lambda p: transform.filtered(p, response),
            lambda p: transform.filtered(p, 1.0 / response),
            _planes(u),
            effort,
            self.looped,
        )
        return _picture(planes)

    def solve_periodic(self, u, weight, damping, period, scale=1):
        """Return ``(weight S C Cᵀ Sᵀ + damping I)⁻¹ u`` of pixels that repeat themselves.

        Args:
            u: (N, h, w, channels).
            weight: broadcast against (N, 1, 1, 1).
            damping: likewise.
            period: rows and columns of kept pixels; from (h, w) on.
            scale: sampling distance in pixels.
        """
        transform, power = self._filter(u, period, scale)
        return _picture(transform.filtered(_planes(u), 1.0 / (weight * power + damping)))

    def _filter(self, u, grid, scale):
        """Return the transform of planes like those of u, and ``S C Cᵀ Sᵀ`` there."""
        power = power_spectrum(self._kernel, grid, scale)
        return self.transform(grid, u.shape.as_list()[1:3]), power


def _planes(x):
    return tf.transpose(x, [0, 3, 1, 2])


def _picture(planes):
    return tf.transpose(planes, [0, 2, 3, 1])


class SpatialConvolution(_Convolution):
    """Correlation as a dense convolution between the polyphase components of picture and kernel.

    A picture channel alone gives a convolution one channel to work with, which
    leaves matrix units idle. Regrouped into ``block²`` phases, the same sum
    becomes a convolution of ``block²`` by ``block²`` channels with
    ``ceil((k + block - 1) / block)`` taps a side, for ``((k + block - 1) / k)²``
    of the multiplications.

    Args:
        kernel: blur kernel, (kh, kw).
        shape: rows and columns (H, W) of the pictures.
        block: phases a side.
    """

    name = "spatial"
    transform = MatrixTransform
    looped = False

    def __init__(self, kernel, shape, block=8):
        super().__init__(kernel, shape)
        self._block = block
        self._forward_filter = _polyphase_filter(kernel, block)
        self._adjoint_filter = _polyphase_filter(kernel[::-1, ::-1], block)

    def forward(self, x):
        """Return ``C x``, (N, H - kh + 1, W - kw + 1, channels)."""
        return self._correlate(x, self._forward_filter, self._valid_shape)

    def adjoint(self, r):
        """Return ``Cᵀ r``, (N, H, W, channels)."""
        margin = [[k - 1, k - 1] for k in self._kernel.shape]
        padded = tf.pad(r, [[0, 0]] + margin + [[0, 0]])
        return self._correlate(padded, self._adjoint_filter, self._shape)

    def _correlate(self, x, weights, shape):
        count, height, width, channels = x.shape.as_list()
        taps = weights.shape[:2]
        blocks = [-(-n // self._block) for n in shape]
        needed = [(b + t - 1) * self._block for b, t in zip(blocks, taps)]
        planes = tf.reshape(tf.transpose(x, [0, 3, 1, 2]), [-1, height, width, 1])
        planes = tf.pad(planes, [[0, 0], [0, needed[0] - height], [0, needed[1] - width], [0, 0]])
        phases = tf.space_to_depth(planes, self._block)
        phases = tf.nn.conv2d(phases, weights, strides=[1, 1, 1, 1], padding="VALID")
        planes = tf.depth_to_space(phases, self._block)[:, : shape[0], : shape[1]]
        planes = tf.reshape(planes, [count, channels, shape[0], shape[1]])
        return tf.transpose(planes, [0, 2, 3, 1])


def _polyphase_filter(kernel, block):
    """Return the (taps, taps, block², block²) filter whose phases are those of ``kernel``.

    Output phase p at block i sums ``k[m] x[block i + p + m]``; with
    ``p + m = block a + q`` the tap (a, q, p) is ``k[block a + q - p]``.
    """
    taps = [-(-(size + block - 1) // block) for size in kernel.shape]
    padded = np.zeros([t * block + block - 1 for t in taps], np.float32)
    padded[block - 1 : block - 1 + kernel.shape[0], block - 1 : block - 1 + kernel.shape[1]] = (
        kernel
    )
    rows, columns = (
        block * np.arange(t)[:, None, None]
        + np.arange(block)[None, :, None]
        - np.arange(block)[None, None, :]
        + block
        - 1
        for t in taps
    )
    weights = padded[rows[:, None, :, None, :, None], columns[None, :, None, :, None, :]]
    return np.ascontiguousarray(weights.reshape(taps[0], taps[1], block**2, block**2))


class FourierConvolution(_Convolution):
    """Correlation by the fast Fourier transform, on a grid of a fast size.

    The grid is at least as large as the picture, so that nothing wraps around
    into the valid region.

    Args:
        kernel: blur kernel, (kh, kw).
        shape: rows and columns (H, W) of the pictures.
    """

    name = "fourier"
    transform = FastTransform

    def __init__(self, kernel, shape):
        super().__init__(kernel, shape)
        self._grid = fast_grid(shape)

    def forward(self, x):
        """Return ``C x``, (N, H - kh + 1, W - kw + 1, channels)."""
        response = tf.math.conj(spectrum(self._kernel, self._grid))
        return self._filtered(x, response, self._valid_shape)

    def adjoint(self, r):
        """Return ``Cᵀ r``, (N, H, W, channels)."""
        return self._filtered(r, spectrum(self._kernel, self._grid), self._shape)

    def _filtered(self, x, response, shape):
        planes = tf.signal.rfft2d(_planes(x), fft_length=self._grid) * response
        planes = tf.signal.irfft2d(planes, self._grid)
        return _picture(planes[:, :, : shape[0], : shape[1]])
