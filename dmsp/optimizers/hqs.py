"""Half-quadratic splitting with a falling noise level."""

from typing import NamedTuple

import tensorflow.compat.v1 as tf

from dmsp.optimizers.conjugate_gradients import conjugate_gradients


class State(NamedTuple):
    """Denoised estimate and what the last data step added to it, (N, H, W, channels) each."""

    x: tf.Tensor
    correction: tf.Tensor


class HalfQuadraticSplitting:
    """Alternate a quadratic data step with one evaluation of the denoiser.

    ``v ← argmin λ/2 ‖A v - y‖² + ρ_k/2 ‖v - x‖²``, ``x ← r_σk(v)``, with
    ``ρ_k = β / σ_k²``, ``λ = 1 / σ_n²`` and σ_k falling geometrically from
    ``sigma_start σ_dae`` to ``sigma_end σ_n``. Noise of unknown level is taken
    to be as large as the residual ``A x - y``. Where the operator has no closed form, conjugate
    gradients solve the first, starting from the correction ``v - x`` of the
    iteration before.

    Args:
        sigma_start: first level of the denoiser, as a multiple of σ_dae.
        sigma_end: last level, as a multiple of the noise's standard deviation σ_n.
        beta: weight β of the prior.
        steps: conjugate-gradient steps where the operator has no closed form.
        num_iter: iterations over which the level falls.

    Source: Geman, Yang, IEEE TIP 4(7), 1995; with a denoiser: Zhang et al.,
    CVPR 2017 (IRCNN), equations 6 and 7.
    """

    name = "hqs"
    evaluations = 1

    def __init__(self, sigma_start=4.5, sigma_end=1.0, beta=0.23, steps=6, num_iter=12):
        self.sigma_start = sigma_start
        self.sigma_end = sigma_end
        self.beta = beta
        self.steps = steps
        self.num_iter = num_iter

    def init(self, problem, x0):
        """Return the state at the first estimate."""
        del problem
        return State(x0, tf.zeros_like(x0))

    def step(self, problem, state, k):
        """Return the state after iteration k."""
        residual = problem.residual(state.x)
        variance = problem.noise.variance(residual, problem.operator, 0.0)
        sigma = self._level(problem, variance, k)
        v = self._data_step(problem, state, 1.0 / variance, self.beta / tf.square(sigma))
        return State(problem.denoise(v, sigma), v - state.x)

    def _level(self, problem, variance, k):
        """Return σ_k, (N, 1, 1, 1)."""
        first = self.sigma_start * problem.sigma_dae
        last = tf.minimum(self.sigma_end * tf.sqrt(variance), first)
        progress = tf.minimum(tf.cast(k, tf.float32) / max(self.num_iter - 1, 1), 1.0)
        return first * (last / first) ** progress

    def _data_step(self, problem, state, weight, damping):
        """Return the minimiser of ``λ/2 ‖A v - y‖² + ρ/2 ‖v - x‖²``."""
        operator = problem.operator
        b = weight * operator.adjoint(problem.observation) + damping * state.x
        if operator.closed_form:
            return operator.solve(b, weight, damping)

        def normal(v):
            return weight * operator.adjoint(operator.forward(v)) + damping * v

        return conjugate_gradients(normal, b, state.x + state.correction, self.steps)
