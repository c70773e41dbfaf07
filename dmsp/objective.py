"""The objective of deep mean-shift restoration: data term, prior, and their weights.

All functions are graph code on tensors (N, H, W, channels) in grey levels.

Source: Bigdeli, Jin, Favaro, Zwicker, *Deep Mean-Shift Priors for Image
Restoration*, NIPS 2017, arXiv:1709.03749.
"""

from typing import Any, Callable, NamedTuple

import numpy as np
import tensorflow.compat.v1 as tf

from dmsp.noise import SMALLEST_SIGMA, second_difference

TOLD = 1.75  # above 1: where there is more than it is told, a denoiser takes nearly what it is told
KURTOSIS, UNEVENNESS = 4.5, 1.2  # of noise that counts as white, at most; it has 3 and 1
# Brightness and two of colour, orthonormal: what subsampled colours leave differs between them.
COLOURS = np.array([[1, 1, 1], [1, 0, -1], [1, -2, 1]]) / np.sqrt([[3], [2], [6]])


class Last(NamedTuple):
    """What the iteration before leaves to tell the noise by, (N, 1, 1, 1) each.

    Attributes:
        removable: variance of the noise that the denoiser was told.
        variance: the one returned then.
        unseen: variance of white noise by what its data step left of the residual, so by the
            frequencies that a blur removes; as much as can be if none was made.
    """

    removable: Any
    variance: Any
    unseen: Any


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
        given: variance that was found where a picture is a part of another, a tensor
            (N, 1, 1, 1); where it is 0, that of the picture is found. ``None`` for 0.
    """

    most: Any = float("inf")
    given: Any = None

    def variance(self, residual, operator, last=None):
        """Return what an optimizer that inverts A takes for the variance, (N, 1, 1, 1).

        Behind a blur ``‖D r‖² / N'``, of the residual ``r = A x - y`` and its second difference
        D, :func:`dmsp.noise.second_difference`, of N' values: while x is not restored yet, r
        holds much more than noise; that is blurred, and D leaves little of it. What compression
        and the camera did is not white, see :func:`_white`, and shows in the whole residual
        alone: there, half of ``‖r‖² / N`` if that is more.

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
            last: :class:`Last`; ``None`` where x is the only estimate.
        """
        power = mean_square(residual)
        if operator.selects:
            if last is not None:
                lower = last.removable > TOLD * power
                power = tf.where(lower, power, tf.maximum(power, last.variance))
            found = tf.minimum(power, self.most * self.most)
        else:
            fine = mean_square(second_difference(residual))
            found = _doubted(fine, residual, operator, last)
        return _given(self.given, tf.maximum(found, SMALLEST_SIGMA**2))

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
        power = mean_square(residual)
        found = power / operator.coverage + operator.coverage * spread
        return 1.0 / _given(self.given, found)


class EstimatedNoise(NamedTuple):
    """The noise level was estimated from a blurred observation, and may be too low.

    Compression and the camera smooth away the noise by which it is estimated, and
    leave errors that are none. What A x cannot explain of y shows them.

    Attributes:
        sigma: the estimate in grey levels, a number or a tensor (N, 1, 1, 1).
        given: as of :class:`BlindNoise`.
    """

    sigma: Any
    given: Any = None

    def variance(self, residual, operator, last=None):
        """Return ``σ²``, unless the noise is not white and half of ``‖A x - y‖² / N`` is more.

        The residual of an estimate that is smoother than the picture may be twice the noise.
        See :func:`_white`; (N, 1, 1, 1).
        """
        found = _doubted(tf.square(self.sigma), residual, operator, last)
        return _given(self.given, found)

    def weight(self, residual, operator, smoothing):
        """Return its inverse without the prior's smoothing, as where the level is known."""
        del smoothing
        return 1.0 / self.variance(residual, operator)


def _doubted(variance, residual, operator, last):
    """Return the variance, where the noise is not white at least half of the residual's."""
    power = mean_square(residual)
    white = _white(residual, operator, last)
    return tf.maximum(variance, tf.where(white, tf.zeros_like(power), 0.5 * power))


def _white(residual, operator, last):
    """Return whether all that the residual holds beside a blurred error is white noise.

    Such noise is alike all over the picture and in brightness and colour, so that its second
    difference d is normally distributed, with ``E d⁴ = 3 (E d²)²``, and alike at all frequencies:
    those that the blur removes hold as much of it as d does. JPEG and cameras leave much of it
    beside edges and in brightness and little elsewhere, which gives d a kurtosis of 4 to 30, and
    less at high frequencies, of which alone d consists.

    Args:
        residual: ``A x - y``.
        operator: A.
        last: :class:`Last`; without one, and where A is no blur, nothing is known.

    Returns:
        (N, 1, 1, 1).
    """
    if last is None or operator.kernel is None:
        return tf.fill(residual.shape[:1].as_list() + [1, 1, 1], False)
    fine = second_difference(residual)
    if fine.shape[-1] == len(COLOURS):
        fine = tf.tensordot(fine, tf.constant(COLOURS.T, tf.float32), 1)
    power = mean_square(fine)
    even = mean_square(tf.square(fine)) <= KURTOSIS * tf.square(power)
    return even & (last.unseen <= UNEVENNESS * power)


def _given(given, found):
    return found if given is None else tf.where(given > 0.0, given, found)


def mean_square(residual):
    """Return the mean square of each picture of a batch, (N, 1, 1, 1)."""
    return tf.reduce_mean(tf.square(residual), axis=[1, 2, 3], keepdims=True)


def told(noise, operator, sigma, given=None):
    """Return the :class:`KnownNoise`, :class:`EstimatedNoise` or :class:`BlindNoise` of a problem.

    Args:
        noise: :class:`dmsp.noise.NoiseLevel`.
        operator: A.
        sigma: tensor (N, 1, 1, 1) of what the solver is told, if anything.
        given: as of :class:`BlindNoise`.
    """
    if not noise.by_residual(operator):
        return KnownNoise(sigma)
    if noise.tell is not None:
        return EstimatedNoise(sigma, given)
    return (
        BlindNoise(given=given) if noise.level_for(operator) is None else BlindNoise(sigma, given)
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


def variance_used(problem, state, residual):
    """Return the variance σ_n² of the noise behind the data term's last weight, (N, 1, 1, 1).

    Args:
        problem: :class:`Problem`.
        state: the optimizer's; its ``variance`` where it has one, else the inverse of the weight λ
            of the gradient descent.
        residual: of its x.
    """
    if hasattr(state, "variance"):
        return tf.convert_to_tensor(state.variance)
    return 1.0 / problem.noise.weight(residual, problem.operator, problem.sigma_dae)


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
