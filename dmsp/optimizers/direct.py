"""The first estimate, denoised once."""

from typing import NamedTuple

import tensorflow.compat.v1 as tf

ROUNDS = 6  # evaluations after which a blind level no longer changes by a per cent


class State(NamedTuple):
    """Result, first estimate (N, H, W, channels), and the level told, (N, 1, 1, 1)."""

    x: tf.Tensor
    first: tf.Tensor
    level: tf.Tensor


class Direct:
    """Denoise the first estimate at the level of its noise, ``x = r_σn(x₀)``.

    For white noise alone, A = 1, x₀ is the observation and the result is the
    denoiser's estimate of the posterior mean, as denoisers are compared; for a
    grey picture at √3 times the level, since its noise is the same in all channels. Noise
    of unknown level is found as the one that its own removal confirms,
    ``σ² = ‖A r_σ(x₀) - y‖² / N``, from a large level down.

    Args:
        sigma_start: level at which the search for an unknown one starts, as a multiple of σ_dae.
        num_iter: evaluations; one is enough.
    """

    name = "direct"
    evaluations = 1

    def __init__(self, sigma_start=3.0, num_iter=1):
        self.sigma_start = sigma_start
        self.num_iter = num_iter

    def init(self, problem, x0):
        """Return the state at the first estimate, its level found."""
        x = problem.denoise(x0, float(self.sigma_start * problem.sigma_dae))
        for _ in range(ROUNDS):  # not evaluated where the level is known
            x = problem.denoise(x0, self._level(problem, x))
        return State(x0, x0, self._level(problem, x))

    def step(self, problem, state, k):
        """Return the state with the first estimate denoised."""
        del k
        return state._replace(x=problem.denoise(state.first, state.level))

    @staticmethod
    def _level(problem, x):
        variance = problem.noise.variance(problem.residual(x), problem.operator, 0.0)
        return tf.sqrt(problem.operator.copies * variance)
