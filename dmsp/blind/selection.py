"""The part of a picture that tells most of its blur."""

import numpy as np
from scipy.ndimage import uniform_filter


def window(y, side):
    """Return the slices of rows and columns, at most so many, with most gradients.

    A large picture tells a kernel no better than a part of it, and takes as much longer.

    Args:
        y: (h, w, channels).
        side: pixels.
    """
    means, (rows, columns) = _means(y, side)
    top, left = np.unravel_index(np.argmax(means), means.shape)
    return slice(top, top + rows), slice(left, left + columns)


def steepness(y, side):
    """Return the mean gradient, horizontal and vertical, of that :func:`window`."""
    return float(_means(y, side)[0].max())


def _means(y, side):
    """Return the mean gradient of all windows by their corner, and their shape."""
    shape = tuple(min(n, side) for n in y.shape[:2])
    gradient = sum(np.abs(g) for g in np.gradient(np.mean(y, axis=2, dtype=np.float32)))
    # The mean over a window is kept at its middle; those over the sides are no windows.
    inner = tuple(slice(m // 2, m // 2 + n - m + 1) for n, m in zip(y.shape[:2], shape))
    return uniform_filter(gradient, shape, mode="nearest")[inner], shape
