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
    rows, columns = (min(n, side) for n in y.shape[:2])
    grey = np.mean(y, axis=2)
    steepness = sum(np.abs(g) for g in np.gradient(grey))
    # The mean over a window is kept at its middle; those over the sides are no windows.
    means = uniform_filter(steepness, (rows, columns), mode="nearest")
    tops, lefts = (n - m + 1 for n, m in zip(y.shape[:2], (rows, columns)))
    inner = means[rows // 2 : rows // 2 + tops, columns // 2 : columns // 2 + lefts]
    top, left = np.unravel_index(np.argmax(inner), inner.shape)
    return slice(top, top + rows), slice(left, left + columns)
