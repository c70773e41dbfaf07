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


def windows(truth):
    """Return what :func:`ssim` has to know of pictures and need not compute for each estimate.

    Returns:
        the means of them and of their squares under each window; nothing where a picture is smaller
        than one.
    """
    if min(truth.shape.as_list()[1:3]) < WINDOW:
        return []
    return tf.split(_windowed(tf.concat([truth, truth * truth], axis=3)), 2, axis=3)


def ssim(estimate, truth, means):
    """Return the mean structural similarity of each picture, (N,).

    Gaussian window of 11 pixels and σ = 1.5, K₁ = 0.01, K₂ = 0.03, mean over
    the pixels whose window lies inside and over the channels.

    Args:
        estimate, truth: (N, h, w, channels).
        means: :func:`windows` of the truth.

    Source: Wang et al., IEEE TIP 13(4), 2004.
    """
    mean_t, square_t = means
    maps = [estimate, estimate * estimate, estimate * truth]
    mean_x, square_x, mean_xt = tf.split(_windowed(tf.concat(maps, axis=3)), 3, axis=3)
    product, powers = mean_x * mean_t, mean_x * mean_x + mean_t * mean_t
    c1, c2 = (0.01 * PEAK) ** 2, (0.03 * PEAK) ** 2
    alike = (2.0 * product + c1) * (2.0 * (mean_xt - product) + c2)
    largest = (powers + c1) * (square_x + square_t - powers + c2)
    return tf.reduce_mean(alike / largest, axis=[1, 2, 3])


def _windowed(maps):
    """Return the mean of each channel under the window, along the columns and then the rows."""
    t = np.arange(WINDOW) - WINDOW // 2
    profile = np.exp(-(t**2) / (2 * WINDOW_SIGMA**2)).astype(np.float32)
    for size in ((WINDOW, 1), (1, WINDOW)):
        taps = (profile / profile.sum()).reshape(size + (1, 1))
        taps = np.tile(taps, (1, 1, maps.shape.as_list()[3], 1))
        maps = tf.nn.depthwise_conv2d(maps, taps, [1, 1, 1, 1], "VALID")
    return maps
