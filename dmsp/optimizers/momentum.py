"""Gradient descent with momentum, as published."""

from typing import NamedTuple

import tensorflow.compat.v1 as tf

from dmsp.objective import gradient


class State(NamedTuple):
    """Iterate and step, (N, H, W, channels) each."""

    x: tf.Tensor
    step: tf.Tensor


class Momentum:
    """Projected gradient descent with momentum.

    ``s ← μ s - α g(x)``, ``x ← clip(x + s, 0, 255)``.

    Args:
        mu: momentum μ, from 0 to below 1.
        alpha: step size α, above 0.
        num_iter: iterations unless the run says otherwise.

    Source: Bigdeli et al., NIPS 2017, section 4: μ = 0.9, α = 0.1, 300 iterations.
    """

    name = "momentum"
    evaluations = 1

    def __init__(self, mu=0.9, alpha=0.1, num_iter=300):
        self.mu = mu
        self.alpha = alpha
        self.num_iter = num_iter

    def init(self, problem, x0):
        """Return the state at the first estimate."""
        del problem
        return State(x0, tf.zeros_like(x0))

    def step(self, problem, state, k):
        """Return the state after iteration k."""
        step = self.mu * state.step - self.alpha * gradient(problem, state.x, k)
        return State(tf.clip_by_value(state.x + step, 0.0, 255.0), step)
