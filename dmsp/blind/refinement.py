"""The kernel that fits a restored picture to the observation."""

import numpy as np
import scipy.fft

from dmsp.blind.kernel_step import centred, cleaned, descended

STEPS = 60
RIDGE = 1e-4  # of the picture's energy: less than its noise would ask for, as there is a start
FAINTEST = 0.03  # share of the peak


def refined(k, x, y):
    """Return the kernel, near a first one, that explains an observation by a picture best.

    ``argmin_k ‖k ⋆ ∇x - ∇y‖² + ridge ‖∇x‖² ‖k‖²`` over the simplex, along the paper's
    gradient on the kernel. Blur is valid: nothing is assumed beyond the sides.

    Args:
        k: where to start, (size, size), odd.
        x: restored picture, (h, w, channels), over the field of view.
        y: observation, (h, w, channels), of the same unit.

    Source: Bigdeli et al., NIPS 2017, section 3.2, the noise- and kernel-blind objective.
    """
    radius = len(k) // 2
    x, y = (_derivatives(np.mean(np.asarray(a, np.float64), axis=2)) for a in (x, y))
    y = y[:, radius : y.shape[1] - radius, radius : y.shape[2] - radius]
    blur = Correlation(x.shape[1:], len(k))
    spectrum = blur.spectrum(x)
    towards = blur.kernel_adjoint(spectrum, blur.spectrum(y))
    ridge = RIDGE * np.sum(np.square(x))

    def image(k):
        r = blur.forward(blur.spectrum(k), spectrum)
        return blur.kernel_adjoint(spectrum, blur.spectrum(r)) + ridge * k

    bound = 1.05 * _largest(image, k.shape)
    k = descended(lambda k: image(k) - towards, bound, k, STEPS)
    return centred(cleaned(k, FAINTEST)).astype(np.float32)


class Correlation:
    """Valid correlation of planes with a kernel, and its adjoint with respect to the kernel.

    Args:
        shape: rows and columns of the planes.
        size: side of the kernel.
    """

    def __init__(self, shape, size):
        self._shapes = {"latent": tuple(shape), "kernel": (size, size)}
        self._shapes["valid"] = tuple(n - size + 1 for n in shape)
        self._grid = [scipy.fft.next_fast_len(int(n), real=True) for n in shape]

    def spectrum(self, a):
        """Return the spectrum of planes or of a kernel."""
        return scipy.fft.rfft2(a, self._grid)

    def forward(self, k, x):
        """Return ``k ⋆ x`` for the spectra of both."""
        return self._cropped(np.conj(k) * x, "valid")

    def kernel_adjoint(self, x, r):
        """Return the adjoint in k at r, for the spectra of x and r."""
        return self._cropped(np.sum(np.conj(r) * x, axis=0), "kernel")

    def _cropped(self, spectrum, kind):
        rows, columns = self._shapes[kind]
        return scipy.fft.irfft2(spectrum, self._grid)[..., :rows, :columns]


def _derivatives(x):
    """Return the forward differences along columns and rows, (2, H - 1, W - 1)."""
    return np.stack([x[:-1, 1:] - x[:-1, :-1], x[1:, :-1] - x[:-1, :-1]])


def _largest(image, shape):
    """Return the largest eigenvalue of a map, by power iteration."""
    probe = np.random.RandomState(0).uniform(size=shape)
    for _ in range(8):
        probe = image(probe / np.linalg.norm(probe))
    return np.linalg.norm(probe)
