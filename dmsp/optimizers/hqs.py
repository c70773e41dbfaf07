"""Half-quadratic splitting with a falling noise level."""

from typing import NamedTuple

import tensorflow.compat.v1 as tf

from dmsp.optimizers.data_step import data_step


class State(NamedTuple):
    """Denoised estimate; what the last data step added, and its ratio ``λ/ρ_k``.

    Shapes (N, H, W, channels), the same, and (N, 1, 1, 1).
    """

    x: tf.Tensor
    correction: tf.Tensor
    ratio: tf.Tensor


class Levels(NamedTuple):
    """Level σ_k of the denoiser in grey levels, weights λ and ρ_k, (N, 1, 1, 1) each."""

    sigma: tf.Tensor
    weight: tf.Tensor
    damping: tf.Tensor

    @property
    def ratio(self):
        """Return ``λ/ρ_k``."""
        return self.weight / self.damping


class HalfQuadraticSplitting:
    """Alternate a quadratic data step with one evaluation of the denoiser.

    ``v ← argmin λ/2 ‖A v - y‖² + ρ_k/2 ‖v - x‖²``, ``x ← r_σk(v)``, with
    ``ρ_k = β / σ_k²``, ``λ = 1 / σ_n²`` and σ_k falling geometrically from
    ``sigma_start σ_dae`` to ``sigma_end σ_n``. Noise of unknown level is taken
    to be as large as the residual ``A x - y``.

    Where the operator has no closed form, conjugate gradients solve the first.
    Its solution is ``v = x + λ/ρ_k Aᵀ(y - A v)``. The last factor changes little
    from one iteration to the next, so they start at the correction of the
    iteration before, reduced as λ/ρ_k is. Not reduced, it would stay too large
    where few steps do not reach, at frequencies that the blur removes, and
    there it is noise.

    Args:
        sigma_start: first level of the denoiser, as a multiple of σ_dae.
        sigma_end: last level, as a multiple of the noise's standard deviation σ_n.
        beta: weight β of the prior.
        first_steps: conjugate-gradient steps before the first iteration.
        steps: conjugate-gradient steps of an iteration.
        num_iter: iterations over which the level falls.

    Source: Geman, Yang, IEEE TIP 4(7), 1995; with a denoiser: Zhang et al.,
    CVPR 2017 (IRCNN), equations 6 and 7.
    """

    name = "hqs"
    evaluations = 1

    def __init__(
        self, sigma_start=4.5, sigma_end=2.0, beta=0.22, first_steps=18, steps=5, num_iter=12
    ):
        self.sigma_start = sigma_start
        self.sigma_end = sigma_end
        self.beta = beta
        self.first_steps = first_steps
        self.steps = steps
        self.num_iter = num_iter

    def init(self, problem, x0):
        """Return the state at the first estimate."""
        levels = self._levels(problem, x0, 0)
        start = State(x0, tf.zeros_like(x0), levels.ratio)
        _, correction = self._data_step(problem, levels, x0, start, self.first_steps)
        return State(x0, correction, levels.ratio)

    def step(self, problem, state, k):
        """Return the state after iteration k."""
        levels = self._levels(problem, state.x, k)
        v, correction = self._data_step(problem, levels, state.x, state, self.steps)
        return State(problem.denoise(v, levels.sigma), correction, levels.ratio)

    def _levels(self, problem, x, k):
        """Return the levels of iteration k at the estimate x."""
        variance = problem.noise.variance(problem.residual(x), problem.operator, 0.0)
        first = self.sigma_start * problem.sigma_dae
        last = tf.minimum(self.sigma_end * tf.sqrt(variance), first)
        progress = tf.minimum(tf.cast(k, tf.float32) / max(self.num_iter - 1, 1), 1.0)
        sigma = first * (last / first) ** progress
        return Levels(sigma, 1.0 / variance, self.beta / tf.square(sigma))

    @staticmethod
    def _data_step(problem, levels, anchor, state, steps):
        """Return the minimiser v near the anchor, and the correction that leads there."""
        predicted = state.correction * tf.minimum(levels.ratio / state.ratio, 1.0)
        v = data_step(problem, anchor, levels.weight, levels.damping, anchor + predicted, steps)
        return v, v - anchor
