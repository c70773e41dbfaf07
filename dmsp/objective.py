"""The objective of deep mean-shift restoration: data term, prior, and their weights.

All functions are graph code on tensors (N, H, W, channels) in grey levels.

Source: Bigdeli, Jin, Favaro, Zwicker, *Deep Mean-Shift Priors for Image
Restoration*, NIPS 2017, arXiv:1709.03749.
"""

from typing import Any, Callable, NamedTuple

import tensorflow.compat.v1 as tf

from dmsp.noise import SMALLEST_SIGMA, second_difference

TOLD = 1.75  # above 1: where there is more than it is told, a denoiser takes nearly what it is told


class KnownNoise(NamedTuple):
    """The noise level is known.

    Attributes:
        sigma: standard deviation σ_n of the noise in grey levels, above zero; a
            number, or a tensor (N, 1, 1, 1) with one for each picture.
    """

    sigma: Any

    def variance(self, residual, operator, last=None):
        """Return ``σ_n²``, broadcast against (N, 1, 1, 1)."""
        del operator, last
        return tf.fill(residual.shape[:1].as_list() + [1, 1, 1], 1.0) * self.sigma**2

    def weight(self, residual, operator, smoothing):
        """Return ``λ = 1 / σ_n²`` of the gradient descent, broadcast against (N, 1, 1, 1).

        Its short steps would not come to the end for a σ_n below
        :data:`dmsp.noise.SMALLEST_SIGMA`, which is taken then.
        """
        del smoothing
        return 1.0 / tf.maximum(self.variance(residual, operator), SMALLEST_SIGMA**2)


class BlindNoise(NamedTuple):
    """The noise level is unknown and follows from the residual of each picture.

    Attributes:
        most: standard deviation in grey levels above which no level is believed where A only
            selects values; a number, or a tensor (N, 1, 1, 1).
        power: mean square of the residual of all of which each picture is a part, a tensor
            (N, 1, 1, 1); where it is 0, that of the picture. ``None`` for 0.
    """

    most: Any = float("inf")
    power: Any = None

    def variance(self, residual, operator, last=None):
        """Return what an optimizer that inverts A takes for the variance, (N, 1, 1, 1).

        The larger of ``‖D r‖² / N'`` and half of ``‖r‖² / N``, of the residual ``r = A x - y`` and
        its second difference D, :func:`dmsp.noise.second_difference`, of N' values. While x is not
        restored yet, r holds much more than noise; that is blurred, and D leaves little of
        it. What compression and the camera did is not white, and shows in the second alone.
        Where A only selects values, ``‖r‖² / N``, at most the square of :attr:`most`: the
        residual of a denoised estimate is all that the denoiser took from it then. What it took of
        detail counts as noise, and is taken again. A denoiser that is told less than there is
        leaves noise, by which less is found and less is told the next time: so the residual lowers
        the variance only as long as the denoiser was told :data:`TOLD` times as much.

        At least the square of :data:`dmsp.noise.SMALLEST_SIGMA`, since a first estimate may
        fit y exactly.

        Args:
            residual: ``A x - y``.
            operator: A.
            last: variance of the noise that the denoiser was told when it made x, and the one
                returned then, (N, 1, 1, 1) each; ``None`` where x is the only estimate.
        """
        power = _power(residual, self.power)
        if operator.selects:
            if last is not None:
                removable, found = last
                power = tf.where(removable > TOLD * power, power, tf.maximum(power, found))
            found = tf.minimum(power, self.most * self.most)
        else:
            found = tf.maximum(0.5 * power, _power(second_difference(residual)))
        return tf.maximum(found, SMALLEST_SIGMA**2)

    def weight(self, residual, operator, smoothing):
        """Return λ of the gradient descent, (N, 1, 1, 1).

        ``λ = 1 / (‖A x - y‖² / N + 2 σ² ‖k‖²)``, N the number of measured values. For
        sub-sampled data of coverage m the published code takes ``(A x - y) / m`` for the residual
        and counts the pixels of the field of view in the numerator.

        Args:
            residual: ``A x - y``.
            operator: A.
            smoothing: σ of the prior in grey levels.

        Source: equation 12 of the paper.
        """
        spread = 2.0 * tf.square(smoothing) * operator.kernel_energy
        power = _power(residual, self.power)
        return 1.0 / (power / operator.coverage + operator.coverage * spread)


class EstimatedNoise(NamedTuple):
    """The noise level was estimated from a blurred observation, and may be too low.

    Compression and the camera smooth away the noise by which it is estimated, and
    leave errors that are none. What A x cannot explain of y shows them.

    Attributes:
        sigma: the estimate in grey levels, a number or a tensor (N, 1, 1, 1).
        power: as of :class:`BlindNoise`.
    """

    sigma: Any
    power: Any = None

    def variance(self, residual, operator, last=None):
        """Return the larger of ``σ²`` and half of ``‖A x - y‖² / N``, (N, 1, 1, 1).

        The residual of an estimate that is smoother than the picture may be twice the noise.
        """
        del operator, last
        return tf.maximum(0.5 * _power(residual, self.power), tf.square(self.sigma))

    def weight(self, residual, operator, smoothing):
        """Return its inverse without the prior's smoothing, as where the level is known."""
        del smoothing
        return 1.0 / self.variance(residual, operator)


def _power(residual, given=None):
    """Return the mean square of each picture's residual where it is not given, (N, 1, 1, 1)."""
    found = tf.reduce_mean(tf.square(residual), axis=[1, 2, 3], keepdims=True)
    return found if given is None else tf.where(given > 0.0, given, found)


def told(noise, operator, sigma, power=None):
    """Return the :class:`KnownNoise`, :class:`EstimatedNoise` or :class:`BlindNoise` of a problem.

    Args:
        noise: :class:`dmsp.noise.NoiseLevel`.
        operator: A.
        sigma: tensor (N, 1, 1, 1) of what the solver is told, if anything.
        power: as of :class:`BlindNoise`.
    """
    if not noise.by_residual(operator):
        return KnownNoise(sigma)
    if noise.tell is not None:
        return EstimatedNoise(sigma, power)
    return (
        BlindNoise(power=power) if noise.level_for(operator) is None else BlindNoise(sigma, power)
    )


class Problem(NamedTuple):
    """One batch to restore, as an optimizer sees it.

    Attributes:
        operator: the observation operator A.
        observation: y, (N, h, w, channels).
        denoise: ``r(x, sigma)``, the denoising autoencoder told the level.
        sigma_dae: standard deviation of the prior's smoothing in grey levels.
        noise: :class:`KnownNoise` or :class:`BlindNoise`.
        draw: ``draw(k)``, unit white noise (N, H, W, channels) of iteration k.
    """

    operator: Any
    observation: tf.Tensor
    denoise: Callable
    sigma_dae: float
    noise: Any
    draw: Callable

    def residual(self, x):
        """Return ``A x - y``."""
        return self.operator.forward(x) - self.observation


def mean_shift(problem, x, k):
    """Return ``x - r(x + η)`` with ``η ~ N(0, σ_dae² I)``: σ_dae² times the prior's gradient.

    Source: equation 8 of the paper, the expectation over η replaced by one draw.
    """
    eta = problem.sigma_dae * problem.draw(k)
    return x - problem.denoise(x + eta, problem.sigma_dae)


def gradient(problem, x, k):
    """Return the gradient whose two weights sum to one.

    ``g = w Aᵀ(A x - y) / m + (1 - w)(x - r(x + η))``, ``w = λ / (λ + 1 / σ_dae²)``.
    """
    residual = problem.residual(x)
    weight = problem.noise.weight(residual, problem.operator, problem.sigma_dae)
    share = weight / (weight + 1.0 / problem.sigma_dae**2)
    data = problem.operator.adjoint(residual) / problem.operator.coverage
    return share * data + (1.0 - share) * mean_shift(problem, x, k)
