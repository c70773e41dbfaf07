"""Where a picture lies: what a blurred one does not tell."""

import numpy as np


def displacement(picture, reference):
    """Return by how many pixels a picture is displaced from another, (rows, columns).

    Where the two are most alike: where their correlation is highest, and the sum of
    squared differences least, to a fiftieth of a pixel.

    Args:
        picture: (H, W, channels).
        reference: of the same shape.
    """
    from skimage.registration import phase_cross_correlation

    total = np.zeros(2)
    for _ in range(2):  # the first time the view is of other parts of the two
        pair = [_faded(np.mean(a, axis=2)) for a in (picture, moved(reference, total))]
        if not all(np.any(a) for a in pair):
            break  # of a flat picture nobody tells where it is
        total += phase_cross_correlation(*pair, upsample_factor=50, normalization=None)[0]
    return tuple(total)


def _faded(plane):
    """Return a plane's deviation from its mean, falling to zero towards its sides."""
    view = np.hanning(plane.shape[0])[:, None] * np.hanning(plane.shape[1])
    return view * (plane - np.sum(view * plane) / np.sum(view))


def moved(picture, shift):
    """Return a picture (H, W, channels) moved down and right by (rows, columns), edges repeated.

    Fractions of a pixel by splines of the fifth order.
    """
    if not np.any(shift):
        return np.asarray(picture, np.float32)
    from scipy.ndimage import shift as spline_shift

    return np.stack(
        [
            spline_shift(np.asarray(plane, np.float64), shift, order=5, mode="nearest")
            for plane in np.moveaxis(picture, 2, 0)
        ],
        axis=2,
    ).astype(np.float32)
