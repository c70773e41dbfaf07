"""Valid correlation of planes with a kernel, and the kernel that explains its result."""

import numpy as np
import scipy.fft

from dmsp.blind.kernel_step import descended


class Correlation:
    """Valid correlation of planes with a kernel: nothing is assumed beyond the sides.

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
        return scipy.fft.rfft2(np.asarray(a, np.float32), self._grid)

    def forward(self, k, x):
        """Return ``k ⋆ x`` for the spectra of both."""
        return self._cropped(np.conj(k) * x, "valid")

    def latent_adjoint(self, k, r):
        """Return the adjoint in x at r, for the spectra of k and r."""
        return self._cropped(k * r, "latent")

    def kernel_adjoint(self, x, r):
        """Return the adjoint in k at r, summed over the planes, for the spectra of x and r."""
        return self._cropped(np.sum(np.conj(r) * x, axis=0), "kernel")

    def _cropped(self, spectrum, kind):
        rows, columns = self._shapes[kind]
        return scipy.fft.irfft2(spectrum, self._grid)[..., :rows, :columns]


def derivatives(x):
    """Return the forward differences along columns and rows, (2, H - 1, W - 1)."""
    return np.stack([x[:-1, 1:] - x[:-1, :-1], x[1:, :-1] - x[:-1, :-1]])


def explaining(k, x, y, penalty, steps):
    """Return the kernel by which planes explain observed ones best.

    ``argmin_k ‖k ⋆ x - y‖² + sum_j penalty_j k_j²`` over the simplex, along the
    paper's gradient on the kernel.

    Args:
        k: where to start, (size, size), odd.
        x: planes, (n, H, W).
        y: as many, (n, H - size + 1, W - size + 1).
        penalty: a number, or one for each value of the kernel.
        steps: how many gradient steps.

    Source: Bigdeli et al., NIPS 2017, section 3.2, the noise- and kernel-blind objective.
    """
    blur = Correlation(x.shape[1:], len(k))
    planes = blur.spectrum(x)
    towards = blur.kernel_adjoint(planes, blur.spectrum(y))

    def image(k):
        r = blur.forward(blur.spectrum(k), planes)
        return blur.kernel_adjoint(planes, blur.spectrum(r)) + penalty * k

    bound = max(1.05 * _largest(image, k.shape), 1e-30)
    return descended(lambda k: image(k) - towards, bound, k, steps)


def _largest(image, shape):
    """Return the largest eigenvalue of a map, by power iteration."""
    probe = np.random.RandomState(0).uniform(size=shape)
    for _ in range(8):
        probe = image(probe / max(np.linalg.norm(probe), 1e-30))
    return np.linalg.norm(probe)
