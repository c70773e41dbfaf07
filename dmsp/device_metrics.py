"""PSNR and SSIM of a batch on the device, by the protocol of :mod:`dmsp.metrics`."""

import numpy as np
import tensorflow.compat.v1 as tf

from dmsp.levels import PEAK
from dmsp.metrics import BLACK, LUMINANCE, WINDOW

WINDOW_SIGMA = 1.5


def prepare(pictures, protocol):
    """Return what of pictures is compared, as :meth:`dmsp.metrics.Protocol.prepare`."""
    rows, columns = protocol.border
    height, width = pictures.shape.as_list()[1:3]
    view = pictures[:, rows : height - rows, columns : width - columns]
    if protocol.quantise:
        view = tf.round(tf.clip_by_value(view, 0.0, PEAK))
    if protocol.colour == "rgb":
        return view
    luminance = BLACK + tf.reduce_sum(view * LUMINANCE, axis=3, keepdims=True)
    return tf.round(luminance) if protocol.quantise else luminance


def psnr(estimate, truth):
    """Return ``10 log10(255² / mean((x - t)²))`` in dB for each picture, (N,)."""
    error = tf.reduce_mean(tf.squared_difference(estimate, truth), axis=[1, 2, 3])
    return 10.0 / np.log(10.0) * tf.log(PEAK**2 / error)


def ssim(estimate, truth):
    """Return the mean structural similarity of each picture, (N,).

    Gaussian window of 11 pixels and σ = 1.5, K₁ = 0.01, K₂ = 0.03, mean over
    the pixels whose window lies inside and over the channels.

    Source: Wang et al., IEEE TIP 13(4), 2004.
    """
    maps = [estimate, truth, estimate * estimate, truth * truth, estimate * truth]
    filtered = _windowed(tf.concat(maps, axis=3))
    mean_x, mean_t, square_x, square_t, product = tf.split(filtered, 5, axis=3)
    c1, c2 = (0.01 * PEAK) ** 2, (0.03 * PEAK) ** 2
    variance = square_x - mean_x**2 + square_t - mean_t**2
    covariance = product - mean_x * mean_t
    luminance = (2 * mean_x * mean_t + c1) / (mean_x**2 + mean_t**2 + c1)
    structure = (2 * covariance + c2) / (variance + c2)
    return tf.reduce_mean(luminance * structure, axis=[1, 2, 3])


def _windowed(maps):
    """Return the mean of each channel under the window, along the columns and then the rows."""
    t = np.arange(WINDOW) - WINDOW // 2
    profile = np.exp(-(t**2) / (2 * WINDOW_SIGMA**2)).astype(np.float32)
    for size in ((WINDOW, 1), (1, WINDOW)):
        taps = (profile / profile.sum()).reshape(size + (1, 1))
        taps = np.tile(taps, (1, 1, maps.shape.as_list()[3], 1))
        maps = tf.nn.depthwise_conv2d(maps, taps, [1, 1, 1, 1], "VALID")
    return maps
