"""Gradient descent with the data term's curvature inverted."""

from typing import NamedTuple

import tensorflow.compat.v1 as tf

from dmsp.objective import mean_shift
from dmsp.operators.conjugate_gradients import Effort
from dmsp.optimizers.data_step import data_step
from dmsp.optimizers.nesterov import Nesterov


class State(NamedTuple):
    """Estimate, last step s, and the last data step's correction c and ``Aᵀ c``.

    Shapes (N, H, W, channels), the same, (N, h, w, channels), and (N, H, W, channels).
    """

    x: tf.Tensor
    step: tf.Tensor
    correction: tf.Tensor
    shift: tf.Tensor


class PreconditionedGradient(Nesterov):
    """Descend on the objective of the mean-shift prior with large steps.

    ``s ← μ s - α C⁻¹ g(x + μ s)``, ``x ← clip(x + s, 0, 255)`` with the published
    gradient ``g = λ Aᵀ(A x - y) / m + ρ (x - r(x + η))``, ``ρ = 1 / σ_dae²``, and
    ``C = λ AᵀA / m + ρ I``, an upper bound of its curvature where r does not expand.
    The point ``x - C⁻¹ g(x)`` minimises ``λ/m ‖A v - y‖² + ρ ‖v - r(x + η)‖²``.

    Args:
        mu: momentum μ, from 0 to below 1.
        alpha: step size α, above 0 and not above 1.
        steps: conjugate-gradient steps where the operator has no closed form.
        num_iter: iterations unless the run says otherwise.

    Source: the objective is that of Bigdeli et al., NIPS 2017.
    """

    name = "preconditioned"

    def __init__(self, mu=0.5, alpha=1.0, steps=2, num_iter=40):
        super().__init__(mu, alpha, num_iter)
        self.steps = steps

    def init(self, problem, x0):
        """Return the state at the first estimate, at rest."""
        still = tf.zeros_like(x0)
        return State(x0, still, tf.zeros_like(problem.observation), still)

    def step(self, problem, state, k):
        """Return the state after iteration k."""
        operator = problem.operator
        ahead = state.x + self.mu * state.step
        weight = problem.noise.weight(problem.residual(ahead), operator, problem.sigma_dae)
        v, correction, shift = data_step(
            problem,
            anchor=ahead - mean_shift(problem, ahead, k),
            weight=weight / operator.coverage,
            damping=1.0 / problem.sigma_dae**2,
            start=(state.correction, state.shift),
            effort=Effort(self.steps),
        )
        step = self.mu * state.step + self.alpha * (v - ahead)
        return State(tf.clip_by_value(state.x + step, 0.0, 255.0), step, correction, shift)
