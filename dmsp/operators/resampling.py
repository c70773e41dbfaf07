"""Interpolation and down-sampling as matrices along the axes."""

import numpy as np
import tensorflow.compat.v1 as tf


def linear(t):
    """Triangle kernel of linear interpolation, support 1."""
    return np.maximum(0.0, 1.0 - np.abs(t))


def cubic(t):
    """Cubic convolution kernel with a = -1/2, support 2 (Keys, IEEE Trans. ASSP 29(6), 1981)."""
    t = np.abs(t)
    inner = 1.5 * t**3 - 2.5 * t**2 + 1.0
    outer = -0.5 * t**3 + 2.5 * t**2 - 4.0 * t + 2.0
    return np.where(t <= 1, inner, np.where(t < 2, outer, 0.0))


def interpolation_matrix(samples, positions, kernel):
    """Return the matrix that interpolates a sequence at fractional positions.

    ``(P v)[i] = sum_j kernel(positions[i] - j) v[j]``; positions and indices
    beyond the ends take the value at the end.

    Args:
        samples: length of the sequence v.
        positions: where to interpolate, in units of its sampling, (n,).
        kernel: interpolation kernel, :func:`linear` or :func:`cubic`.

    Returns:
        float32 array (n, samples) whose rows sum to one.
    """
    positions = np.clip(np.asarray(positions, np.float64), 0, samples - 1)
    matrix = np.zeros((len(positions), samples))
    rows = np.arange(len(positions))
    start = np.floor(positions).astype(int)
    for offset in (-1, 0, 1, 2):
        weight = kernel(positions - (start + offset))
        np.add.at(matrix, (rows, np.clip(start + offset, 0, samples - 1)), weight)
    return matrix.astype(np.float32)


def imresize_matrix(samples, scale):
    """Return the matrix of MATLAB's bicubic ``imresize`` along one axis, antialiased.

    ``(R v)[i] ∝ sum_j h(u_i - j) v[j]`` with ``u_i = (i + 1/2) / scale - 1/2`` and
    ``h(t) = cubic(t min(scale, 1))``; beyond its ends v goes on mirrored.

    Args:
        samples: length of the sequence v.
        scale: new length over old one.

    Returns:
        float32 array (ceil(scale samples), samples) whose rows sum to one.
    """
    stretch = min(scale, 1.0)
    rows = int(np.ceil(scale * samples - 1e-9))
    positions = (np.arange(rows) + 0.5) / scale - 0.5
    reach = int(np.ceil(2 / stretch))
    places = np.floor(positions).astype(int)[:, None] + np.arange(-reach, reach + 2)
    weights = cubic((positions[:, None] - places) * stretch)
    weights /= weights.sum(axis=1, keepdims=True)
    mirrored = np.concatenate([np.arange(samples), np.arange(samples)[::-1]])[
        places % (2 * samples)
    ]
    matrix = np.zeros((rows, samples))
    np.add.at(matrix, (np.arange(rows)[:, None], mirrored), weights)
    return matrix.astype(np.float32)


def resampled(y, rows, columns):
    """Return ``(R ⊗ C) y``, (N, h, w, channels), as graph code.

    Args:
        y: (N, H, W, channels).
        rows: matrix R along the first axis, (h, H).
        columns: matrix C along the second, (w, W).
    """
    # Matrix products that every TensorFlow and every device has, which tf.einsum is not.
    y = tf.transpose(tf.tensordot(tf.constant(rows), y, [[1], [1]]), [1, 0, 2, 3])
    return tf.transpose(tf.tensordot(tf.constant(columns), y, [[1], [2]]), [1, 2, 0, 3])
