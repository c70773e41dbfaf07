"""Filling what is not measured from what is, by normalised convolution."""

import numpy as np
import tensorflow.compat.v1 as tf
from scipy.ndimage import convolve1d

# One measured pixel diagonally across, in the window of bilinear interpolation by two.
ENOUGH = 0.25
GROWTH = 1.5


class NormalisedConvolution:
    """Weighted mean of the measured values around each one that is missing.

    ``x[i] = sum_j t[i - j] m[j] y[j] / sum_j t[i - j] m[j]``, m one where measured,
    t a separable triangle, which is the narrowest whose measured part weighs at
    least a quarter. Measured values stay. On a Bayer mosaic this is bilinear
    interpolation.

    Args:
        measured: what is measured, boolean (H, W) or (H, W, channels), somewhere
            true in each channel.

    Source: Knutsson, Westin, CVPR 1993.
    """

    def __init__(self, measured):
        measured = measured.reshape(measured.shape[:2] + (-1,))
        self._measured = measured.astype(np.float32)
        self._windows = []
        missing, radius = ~measured, 2
        while missing.any():
            triangle = 1.0 - np.abs(np.arange(1 - radius, radius)) / float(radius)
            weight = measured.astype(np.float64)
            for axis in (0, 1):
                weight = convolve1d(weight, triangle, axis=axis, mode="constant")
            filled = missing & (weight >= ENOUGH - 1e-6)
            share = np.where(filled, 1.0 / np.maximum(weight, ENOUGH), 0.0)
            self._windows.append((triangle.astype(np.float32), share.astype(np.float32)))
            missing &= ~filled
            radius = int(np.ceil(GROWTH * radius))

    def __call__(self, y):
        """Return the filled picture for y, (N, H, W, channels), zero where not measured."""
        return y + sum(share * _windowed(y, triangle) for triangle, share in self._windows)


def _windowed(y, window):
    """Return each channel correlated with a symmetric window along both axes."""
    count, height, width, channels = y.shape.as_list()
    planes = tf.reshape(tf.transpose(y, [0, 3, 1, 2]), [-1, height, width, 1])
    for shape in ((-1, 1, 1, 1), (1, -1, 1, 1)):
        planes = tf.nn.conv2d(planes, window.reshape(shape), strides=[1, 1, 1, 1], padding="SAME")
    planes = tf.reshape(planes, [count, channels, height, width])
    return tf.transpose(planes, [0, 2, 3, 1])
