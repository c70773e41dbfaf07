"""Half-quadratic splitting with a falling noise level."""

from typing import NamedTuple

import tensorflow.compat.v1 as tf

from dmsp.levels import PEAK
from dmsp.noise import SMALLEST_SIGMA
from dmsp.objective import Last, mean_square
from dmsp.operators.conjugate_gradients import Effort
from dmsp.optimizers.data_step import data_step
from dmsp.optimizers.mirroring import mirrored
from dmsp.optimizers.weighing import prior_weight, unfitted


class State(NamedTuple):
    """Denoised estimate and the one before; the last data step's correction c, ``Aᵀ c``, ``λ/ρ_k``.

    And the level that the denoiser was told for the estimate, zero for a first one, and the
    variance σ_n² that was taken then. Shapes (N, H, W, channels), the same, (N, h, w, channels),
    (N, H, W, channels), and (N, 1, 1, 1) three times.
    """

    x: tf.Tensor
    last: tf.Tensor
    correction: tf.Tensor
    shift: tf.Tensor
    ratio: tf.Tensor
    sigma: tf.Tensor
    variance: tf.Tensor


class Levels(NamedTuple):
    """Level σ_k of the denoiser in grey levels, weight ρ_k and variance σ_n², (N, 1, 1, 1) each."""

    sigma: tf.Tensor
    damping: tf.Tensor
    variance: tf.Tensor

    @property
    def weight(self):
        """Return λ."""
        return 1.0 / self.variance

    @property
    def ratio(self):
        """Return ``λ/ρ_k``."""
        return self.weight / self.damping


def last(operator, state):
    """Return the :class:`~dmsp.objective.Last` of a state."""
    left = mean_square(state.correction / state.ratio)  # of y - A v
    removable = tf.square(state.sigma) / (operator.noisy * operator.copies)
    return Last(removable, state.variance, left / unfitted(operator, state.ratio))


class HalfQuadraticSplitting:
    """Alternate a quadratic data step with one evaluation of the denoiser.

    ``z = x + γ_k (x - x_last)``, ``v ← argmin λ/2 ‖A v - y‖² + ρ_k/2 ‖v - z‖²``,
    ``x ← r_σk(v)``, with ``ρ_k = β / σ_k²``, ``λ = 1 / σ_n²`` and σ_k falling from
    ``σ_0 = sigma_start σ_dae / √‖k‖`` to ``σ_K = sigma_end σ_n / √‖k‖`` as
    ``σ_0 (σ_K / σ_0)^(t^p)``, t from 0 to 1 over the iterations: geometrically where the
    power p is 1, first slowly where it is more. A σ_n below
    :data:`dmsp.noise.SMALLEST_SIGMA` counts in λ, on devices with loops, but not in σ_K.
    σ_K is times √3 for grey pictures, see :attr:`~dmsp.operators.base.Operator.copies`, and times
    the root of the share of values that are noisy where A only selects some,
    :attr:`~dmsp.operators.base.Operator.noisy`; σ_0 is no lower.
    Noise of unknown level is told from the residual of each iteration, see
    :meth:`dmsp.objective.BlindNoise.variance`.

    The smaller the gain ``‖k‖`` of white noise through A, the more the data step
    amplifies the noise, so the more there is to denoise; where A only selects
    pixels, ‖k‖ = 1. The extrapolation γ fills in what A does not see at all,
    which only the denoiser carries on, in fewer iterations; at low levels it brings noise
    back, so it may fall. The denoiser sees another mirror image in each iteration, so
    that its errors average out.

    Where the operator has no closed form, conjugate gradients solve the data step.
    Its solution is ``v = z + Aᵀ c`` with the correction ``c = λ/ρ_k (y - A v)``. The
    last factor changes little from one iteration to the next, so they start at
    the correction of the iteration before, reduced as λ/ρ_k is. Not reduced, it
    would stay too large where few steps do not reach, at frequencies that the
    blur removes, and there it is noise. They end where the error of v is small beside the
    noise that the denoiser removes: the larger λ/ρ_k, the more steps that takes.

    Args:
        sigma_start: first level of the denoiser, as a multiple of ``σ_dae / √‖k‖``.
        sigma_end: last level, as a multiple of ``σ_n / √‖k‖`` and of the two roots above.
        beta: weight β of the prior; ``None``: as small as the kernel and the level allow, see
            :func:`~dmsp.optimizers.weighing.prior_weight`.
        extrapolation: γ in the first iteration, from 0 to below 1.
        extrapolation_end: γ in the last, reached in a line; ``None``: the same.
        sigma_power: p.
        accuracy: error of a data step that is small enough, about, as a multiple of σ_k.
        steps: conjugate-gradient steps of an iteration, at most.
        num_iter: iterations over which the level falls.

    Source: Geman, Yang, IEEE TIP 4(7), 1995; with a denoiser: Zhang et al.,
    CVPR 2017 (IRCNN), equations 6 and 7.
    """

    name = "hqs"
    evaluations = 1
    dilution = 0.5  # power of the share of noisy values in σ_K: of noise, the root mean square

    def __init__(
        self,
        sigma_start=2.5,
        sigma_end=0.8,
        beta=None,
        extrapolation=0.2,
        extrapolation_end=None,
        sigma_power=1.0,
        accuracy=0.2,
        steps=30,
        num_iter=8,
    ):
        self.sigma_start = sigma_start
        self.sigma_end = sigma_end
        self.beta = beta
        self.extrapolation = extrapolation
        self.extrapolation_end = extrapolation if extrapolation_end is None else extrapolation_end
        self.sigma_power = sigma_power
        self.accuracy = accuracy
        self.steps = steps
        self.num_iter = num_iter

    def init(self, problem, x0):
        """Return the state at the first estimate."""
        zero = tf.zeros(problem.observation.shape[:1].as_list() + [1, 1, 1])
        nothing = Last(zero, zero + PEAK**2, zero + PEAK**2)
        levels = self.levels(problem, x0, 0, nothing)
        zeros = tf.zeros_like(problem.observation), tf.zeros_like(x0)
        start = State(x0, x0, *zeros, levels.ratio, zero, levels.variance)
        _, correction, shift = self._data_step(problem, levels, x0, start)
        return start._replace(correction=correction, shift=shift)

    def step(self, problem, state, k):
        """Return the state after iteration k."""
        levels = self.levels(problem, state.x, k, last(problem.operator, state))
        falling = self.extrapolation_end - self.extrapolation
        gamma = self.extrapolation + falling * self._progress(k)
        anchor = state.x + gamma * (state.x - state.last)
        v, correction, shift = self._data_step(problem, levels, anchor, state)
        x = mirrored(problem.denoise, v, levels.sigma, k)
        return State(x, state.x, correction, shift, levels.ratio, levels.sigma, levels.variance)

    def levels(self, problem, x, k, last=None):
        """Return the :class:`Levels` of iteration k.

        Args:
            problem: :class:`~dmsp.objective.Problem`.
            x: what stands for the picture where the noise is told from its residual, so a
                picture that holds none of the noise.
            k: iteration, from 0.
            last: :class:`~dmsp.objective.Last`.
        """
        operator = problem.operator
        variance = problem.noise.variance(problem.residual(x), operator, last)
        if not operator.looped:  # of less noise its few conjugate-gradient steps miss the solution
            variance = tf.maximum(variance, SMALLEST_SIGMA**2)
        amplified = (operator.kernel_energy * operator.copies) ** -0.25
        start = self.sigma_start * amplified * problem.sigma_dae
        removed = tf.maximum(tf.sqrt(variance), SMALLEST_SIGMA)
        end = self.sigma_end * operator.noisy**self.dilution * amplified * removed
        if not operator.selects:  # the residual may hold anything, of what is not restored yet
            end = tf.minimum(end, start)
        end *= operator.copies**0.5
        # What is missing at first is no noise that the channels share, and no denoiser knows more.
        first = tf.maximum(start, end)
        sigma = first * (end / first) ** (self._progress(k) ** self.sigma_power)
        squared = tf.square(sigma)
        beta = prior_weight(operator, squared / variance) if self.beta is None else self.beta
        return Levels(sigma, beta / squared, variance)

    def _progress(self, k):
        """Return how far the iterations have come before iteration k, from 0 to 1."""
        return tf.minimum(tf.cast(k, tf.float32) / max(self.num_iter - 1, 1), 1.0)

    def _data_step(self, problem, levels, anchor, state):
        """Return the minimiser v near the anchor, the correction c behind it, and ``Aᵀ c``."""
        falling = tf.minimum(levels.ratio / state.ratio, 1.0)
        predicted = falling * state.correction, falling * state.shift
        enough = levels.weight * tf.square(self.accuracy * levels.sigma)
        effort = Effort(self.steps, enough)
        return data_step(problem, anchor, levels.weight, levels.damping, predicted, effort)
