"""Nesterov's accelerated gradient."""

import tensorflow.compat.v1 as tf

from dmsp.objective import gradient
from dmsp.optimizers.momentum import Momentum, State


class Nesterov(Momentum):
    """Momentum whose gradient is taken at the point that momentum leads to.

    ``s ← μ s - α g(x + μ s)``, ``x ← clip(x + s, 0, 255)``.

    Args:
        mu: momentum μ, from 0 to below 1.
        alpha: step size α, above 0.
        num_iter: iterations unless the run says otherwise.

    Source: Sutskever et al., ICML 2013, equations 3 and 4.
    """

    name = "nesterov"

    def step(self, problem, state, k):
        """Return the state after iteration k."""
        ahead = state.x + self.mu * state.step
        step = self.mu * state.step - self.alpha * gradient(problem, ahead, k)
        return State(tf.clip_by_value(state.x + step, 0.0, 255.0), step)
