"""A sharp picture of salient edges, the kernel being held."""

import numpy as np
import scipy.fft


def periodic(y, margins):
    """Return a picture with rows and columns added at its end that lead back to its start.

    The two ends, mirrored, fade into each other.

    Args:
        y: (H, W).
        margins: how many rows and columns are added.
    """
    for margin in margins:  # rows, then columns as the rows of the transpose
        fade = 0.5 + 0.5 * np.cos(np.pi * np.arange(1, margin + 1) / (margin + 1.0))
        fade = fade.astype(y.dtype)
        start, end = (np.pad(y, [sides, (0, 0)], "reflect") for sides in ((margin, 0), (0, margin)))
        bridge = fade[:, None] * end[len(y) :] + (1.0 - fade[:, None]) * start[:margin]
        y = np.concatenate([y, bridge]).T
    return y


def derivatives(x):
    """Return the periodic forward differences along rows and columns, two (H, W)."""
    return [np.roll(x, -1, axis=1) - x, np.roll(x, -1, axis=0) - x]


def sharpened(y, k, weight, growth=2.0, largest=1e5):
    """Return the picture with few edges that explains a blurred one.

    ``argmin_x ‖k ⋆ x - y‖² + weight · #{pixels with ∇x ≠ 0}`` on a torus, by
    half-quadratic splitting: the gradient, where its square is below weight/β,
    is set to zero, and x follows in closed form in the Fourier domain, for a
    growing β. What is left are steep edges, from which a kernel can be told: a
    faithful estimate of the picture would be explained by no blur at all.

    Args:
        y: blurred picture (H, W), values from 0 to 1.
        k: kernel, centred, of odd size.
        weight: price of a pixel with a gradient.
        growth: factor of β from step to step.
        largest: last β.

    Source: Xu, Zheng, Jia, CVPR 2013; the splitting of Pan et al., CVPR 2014.
    """
    differences = [spectrum_of(d, y.shape) for d in _DIFFERENCES]
    curvature = sum(np.square(np.abs(d)) for d in differences)
    blur = spectrum_of(k, y.shape)
    data, power = blur * scipy.fft.rfft2(y), np.square(np.abs(blur))
    x, beta = y, 2.0 * weight
    while beta < largest:
        edges = derivatives(x)
        flat = sum(np.square(g) for g in edges) < weight / beta
        drawn = sum(d * scipy.fft.rfft2(np.where(flat, 0.0, g)) for d, g in zip(differences, edges))
        x = scipy.fft.irfft2((data + beta * drawn) / (power + beta * curvature), y.shape)
        beta *= growth
    return x


# Correlated with these, centred in the middle, a picture gives its forward differences.
_DIFFERENCES = (np.array([[0.0, -1.0, 1.0]]), np.array([[0.0], [-1.0], [1.0]]))


def spectrum_of(k, grid):
    """Return F with ``F* F x`` the spectrum of ``k ⋆ x`` on a torus, k centred.

    Args:
        k: kernel of odd size.
        grid: rows and columns of the torus.
    """
    padded = np.zeros(grid, np.float32)
    padded[: k.shape[0], : k.shape[1]] = k
    return scipy.fft.rfft2(np.roll(padded, [-(n // 2) for n in k.shape], axis=(0, 1)))
