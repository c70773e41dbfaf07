"""Adam on the objective's gradient."""

from typing import NamedTuple

import tensorflow.compat.v1 as tf

from dmsp.objective import gradient


class State(NamedTuple):
    """Iterate and running moments of the gradient, (N, H, W, channels) each."""

    x: tf.Tensor
    mean: tf.Tensor
    square: tf.Tensor


class Adam:
    """Gradient descent with a step of its own for every pixel.

    ``m ← β₁ m + (1 - β₁) g``, ``v ← β₂ v + (1 - β₂) g²``,
    ``x ← clip(x - α m̂ / (√v̂ + ε), 0, 255)``, m̂ and v̂ corrected for their start at zero.

    Args:
        alpha: step size α in grey levels.
        beta1: decay β₁ of the mean.
        beta2: decay β₂ of the mean square.
        epsilon: ε in grey levels.
        num_iter: iterations unless the run says otherwise.

    Source: Kingma, Ba, ICLR 2015, algorithm 1.
    """

    name = "adam"
    evaluations = 1

    def __init__(self, alpha=2.0, beta1=0.9, beta2=0.99, epsilon=1.0, num_iter=100):
        self.alpha = alpha
        self.beta1 = beta1
        self.beta2 = beta2
        self.epsilon = epsilon
        self.num_iter = num_iter

    def init(self, problem, x0):
        """Return the state at the first estimate."""
        del problem
        return State(x0, tf.zeros_like(x0), tf.zeros_like(x0))

    def step(self, problem, state, k):
        """Return the state after iteration k."""
        g = gradient(problem, state.x, k)
        mean = self.beta1 * state.mean + (1 - self.beta1) * g
        square = self.beta2 * state.square + (1 - self.beta2) * tf.square(g)
        count = tf.cast(k, tf.float32) + 1.0
        corrected_mean = mean / (1.0 - self.beta1**count)
        corrected_square = square / (1.0 - self.beta2**count)
        x = state.x - self.alpha * corrected_mean / (tf.sqrt(corrected_square) + self.epsilon)
        return State(tf.clip_by_value(x, 0.0, 255.0), mean, square)
