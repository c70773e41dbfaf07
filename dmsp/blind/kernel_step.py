"""The step that improves the kernel, the picture being held."""

import numpy as np
import scipy.fft
from scipy.ndimage import gaussian_filter, label


def fitted(pictures, observations, size, ridge, steps=200):
    """Return the kernel that explains observations best, non-negative and of sum one.

    ``argmin_k sum_c ‖k ⋆ x_c - y_c‖² + ridge ‖x‖² ‖k‖²`` over the simplex, along the
    paper's gradient on the kernel, ``x ⋆ (k ⋆ x - y) + ridge ‖x‖² k``. It needs
    the pictures' correlations only, of which those up to the kernel's size, so
    that a step costs the same for pictures of any size.

    Args:
        pictures: latent pictures x_c or their derivatives, a list of (H, W), zero
            or periodic beyond their sides.
        observations: as many y_c of the same shape, ``y = k ⋆ x`` with k centred.
        size: side of the kernel in pixels, odd.
        ridge: weight of ``‖k‖²`` as a share of the pictures' energy. In the paper it
            is that of the noise which the prior adds to the picture.
        steps: how many gradient steps.

    Source: Bigdeli et al., NIPS 2017, section 3.2, the noise- and kernel-blind
    objective.
    """
    auto, cross = _correlations(pictures, observations, size)
    grid = (scipy.fft.next_fast_len(3 * size, real=True),) * 2
    spectrum = scipy.fft.rfft2(auto, grid)
    bound = np.abs(spectrum).max() + ridge
    view = slice(size - 1, 2 * size - 1)

    def gradient(k):
        image = scipy.fft.irfft2(spectrum * scipy.fft.rfft2(k, grid), grid)
        return image[view, view] + ridge * k - cross

    return descended(gradient, bound, np.full((size, size), 1.0 / size**2), steps)


def descended(gradient, bound, k, steps):
    """Return where projected gradients with Nesterov's acceleration lead on the simplex.

    Args:
        gradient: of a convex function, as a function of k.
        bound: of its curvature.
        k: where to start.
        steps: how many.

    Source: Beck, Teboulle, SIAM J. Imaging Sci. 2(1), 2009.
    """
    ahead, pace = k, 1.0
    for _ in range(steps):
        last, k = k, on_simplex(ahead - gradient(ahead) / bound)
        faster = (1.0 + np.sqrt(1.0 + 4.0 * pace**2)) / 2.0
        ahead, pace = k + (pace - 1.0) / faster * (k - last), faster
    return k


def on_simplex(v):
    """Return the nearest array to v whose values are non-negative and sum to one.

    Source: Held, Wolfe, Crowder, Math. Programming 6, 1974.
    """
    falling = np.sort(v, axis=None)[::-1]
    excess = (np.cumsum(falling) - 1.0) / np.arange(1, v.size + 1)
    return np.maximum(v - excess[np.flatnonzero(falling > excess)[-1]], 0.0)


def cleaned(k, faintest=0.05, smallest=0.1, neighbours=0.0):
    """Return a kernel of sum one without its noise.

    Args:
        k: kernel, non-negative, somewhere above zero.
        faintest: share of the peak below which values are taken for noise.
        smallest: share of the largest connected part below which parts are.
        neighbours: standard deviation in pixels of the Gaussian by which a value's
            neighbours are judged with it: of a faint stroke they are there, of noise few.
    """
    judged = gaussian_filter(k, neighbours, mode="constant")
    k = np.where(judged < faintest * judged.max(), 0.0, k)
    parts, count = label(k > 0, np.ones((3, 3)))
    weights = np.bincount(parts.ravel(), k.ravel(), count + 1)
    k = k * (weights >= smallest * weights.max())[parts]
    return k / k.sum()


def centred(k):
    """Return a kernel moved by whole pixels, its centre of mass to the middle.

    A blur tells nothing of where its kernel is: moved the other way, the picture
    explains the observation as well.
    """
    shift = [
        int(np.rint((n - 1) / 2.0 - np.sum(k * places) / k.sum()))
        for n, places in zip(k.shape, np.indices(k.shape))
    ]
    padded = np.pad(k, [(n, n) for n in k.shape], "constant")
    rows, columns = (slice(n - s, 2 * n - s) for n, s in zip(k.shape, shift))
    k = padded[rows, columns]
    return k / k.sum()


def _correlations(pictures, observations, size):
    """Return the pictures' autocorrelation and cross-correlation over their energy.

    The lags reach ``size - 1`` and ``size // 2`` to either side.
    """
    shape = pictures[0].shape
    power, product = 0.0, 0.0
    for x, y in zip(pictures, observations):
        spectrum = scipy.fft.rfft2(x)
        power = power + np.square(np.abs(spectrum))
        product = product + spectrum * np.conj(scipy.fft.rfft2(y))
    auto, cross = (
        scipy.fft.irfft2(values, shape)[np.ix_(lags, lags)]
        for values, lags in (
            (power, np.arange(1 - size, size)),
            (product, np.arange(size) - size // 2),
        )
    )
    energy = max(auto[size - 1, size - 1], 1e-30)
    return (np.asarray(part / energy, np.float64) for part in (auto, cross))
