"""Interpolation as a matrix along one axis."""

import numpy as np


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
