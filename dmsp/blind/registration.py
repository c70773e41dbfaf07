"""Where a kernel, and with it the picture, lies: what a blurred picture does not tell."""

import numpy as np
import scipy.fft


def displacement(k, reference):
    """Return by how many pixels a kernel is displaced from another, (rows, columns).

    Where their correlation is highest, to a fraction of a pixel by the parabola
    through the peak and its neighbours. Both have their origin in the middle.

    Args:
        k: kernel, (rows, columns).
        reference: kernel of any size.
    """
    grid = [n + m + 2 for n, m in zip(k.shape, reference.shape)]
    product = scipy.fft.rfft2(k, grid) * np.conj(scipy.fft.rfft2(reference, grid))
    correlation = scipy.fft.irfft2(product, grid)
    peak = np.unravel_index(np.argmax(correlation), correlation.shape)
    shift = []
    for axis, (at, length) in enumerate(zip(peak, grid)):
        line = np.take(correlation, peak[1 - axis], axis=1 - axis)
        before, top, after = (line[(at + step) % length] for step in (-1, 0, 1))
        bend = before - 2.0 * top + after
        part = 0.5 * (before - after) / bend if bend < 0 else 0.0
        lag = at + part - (length if at > length // 2 else 0)
        # The middles of the two are (n - 1) // 2 from their corners.
        middles = [(n - 1) // 2 for n in (k.shape[axis], reference.shape[axis])]
        shift.append(lag - middles[0] + middles[1])
    return tuple(shift)


def moved(picture, shift):
    """Return a picture (H, W, channels) moved down and right by (rows, columns), edges repeated.

    Fractions of a pixel by splines of the fifth order.
    """
    from scipy.ndimage import shift as spline_shift

    return np.stack(
        [
            spline_shift(np.asarray(plane, np.float64), shift, order=5, mode="nearest")
            for plane in np.moveaxis(picture, 2, 0)
        ],
        axis=2,
    ).astype(np.float32)
