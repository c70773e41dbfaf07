"""What a kernel is worth over all pictures that it leaves possible."""

import numpy as np

from dmsp.blind.correlation import Correlation, derivatives, explaining

STEPS = 20  # of the kernel, in an iteration
SMALLEST = 1e-10  # variance of a derivative


class Marginal:
    """The likelihood of a kernel, the sharp picture being integrated out.

    The observed derivatives are ``y = k ⋆ x + n`` with n of variance λ, and each
    of the picture is ``x_i ~ N(0, γ_i)`` with a variance of its own. What a
    kernel is worth is

    ``F(k) = min_{x, γ} ‖k ⋆ x - y‖²/λ + sum_i (x_i²/γ_i + log(λ + γ_i ‖k‖²))``

    where the logarithm stands for the picture's uncertainty. Without it, the one
    most likely picture together with its kernel, no blur at all would be best.

    Args:
        y: blurred picture (h, w), values from 0 to 1.
        size: side of the kernels, odd.

    Source: Wipf, Zhang, JMLR 15, 2014, with the diagonal covariance of Levin et
    al., CVPR 2011.
    """

    def __init__(self, y, size):
        self._observed = derivatives(np.asarray(y, np.float32))
        self._latent = tuple(n + size - 1 for n in self._observed.shape[1:])
        self._size = size
        self._blur = Correlation(self._latent, size)
        self._everywhere = self._blur.spectrum(np.ones(self._observed.shape[1:]))

    def energy(self, k, noise, iterations=8):
        """Return F a derivative, the lower the more likely.

        Args:
            k: kernel (size, size).
            noise: variance of the observed derivatives' noise.
            iterations: of the picture.
        """
        state = self._start()
        for level in np.geomspace(10.0 * noise, noise, iterations):
            state = self._picture(state, k, level, steps=6)
        x, variances = state
        blur = self._blur
        r = blur.forward(blur.spectrum(k), blur.spectrum(x)) - self._observed
        uncertainty = np.log(noise + variances * self._coverage(k))
        total = np.sum(np.square(r)) / noise + np.sum(np.square(x) / variances + uncertainty)
        return float(total / r.size)

    def improved(self, k, noise, iterations=30):
        """Return the kernel that F leads to from a first one.

        Picture and kernel are estimated in turn while λ falls to the noise.

        Args:
            k: where to start, (size, size).
            noise: variance of the observed derivatives' noise.
            iterations: how many turns.
        """
        state = self._start()
        for level in np.geomspace(3.0 * noise, 0.9 * noise, iterations):
            state = self._picture(state, k, level, steps=10)
            x, variances = state
            uncertain = level / (self._coverage(k) + level / variances)
            # What the picture's uncertainty adds to ‖k ⋆ x - y‖² is a price on each of k's values.
            spread = self._blur.spectrum(np.sum(uncertain, axis=0))[None]
            penalty = np.maximum(self._blur.kernel_adjoint(spread, self._everywhere), 0.0)
            k = explaining(k, x, self._observed, penalty, STEPS)
        return k

    def _start(self):
        """Return a picture's derivatives and their variances, before anything is known."""
        half = self._size // 2
        x = np.pad(self._observed, [(0, 0), (half, half), (half, half)], "edge")
        return x, np.full(x.shape, max(np.mean(np.square(self._observed)), SMALLEST), np.float32)

    def _coverage(self, k):
        """Return for each pixel ``sum k_j²`` over what is observed of it."""
        covered = self._blur.latent_adjoint(self._blur.spectrum(np.square(k)), self._everywhere)
        return np.maximum(covered, 1e-9)

    def _picture(self, state, k, noise, steps):
        """Return the picture's derivatives and their variances after one more iteration.

        ``(KᵀK + λ Γ⁻¹) x = Kᵀ y`` by conjugate gradients, then ``γ = x² + C`` with C the
        diagonal of the covariance.
        """
        x, variances = state
        blur, k_spectrum = self._blur, self._blur.spectrum(k)
        weight = np.float32(noise) / variances
        diagonal = self._coverage(k) + weight

        def system(x):
            r = blur.forward(k_spectrum, blur.spectrum(x))
            return blur.latent_adjoint(k_spectrum, blur.spectrum(r)) + weight * x

        towards = blur.latent_adjoint(k_spectrum, blur.spectrum(self._observed))
        x = _solved(system, towards, x, diagonal, steps)
        return x, np.maximum(np.square(x) + np.float32(noise) / diagonal, SMALLEST)


def _solved(system, b, x, diagonal, steps):
    """Return the solution of ``system(x) = b``, by preconditioned conjugate gradients."""
    r = b - system(x)
    z = direction = r / diagonal
    fall = np.sum(r * z)
    for _ in range(steps):
        image = system(direction)
        pace = fall / max(np.sum(direction * image), 1e-30)
        x, r = x + pace * direction, r - pace * image
        z, last = r / diagonal, fall
        fall = np.sum(r * z)
        direction = z + fall / max(last, 1e-30) * direction
    return x
