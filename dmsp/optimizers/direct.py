"""The first estimate, denoised once."""

from typing import NamedTuple

import tensorflow.compat.v1 as tf

from dmsp.objective import KnownNoise


class State(NamedTuple):
    """Result, first estimate (N, H, W, channels), and the variance of its noise, (N, 1, 1, 1)."""

    x: tf.Tensor
    first: tf.Tensor
    variance: tf.Tensor


class Direct:
    """Denoise the first estimate at the level of its noise, ``x = r_σn(x₀)``.

    For white noise alone, A = 1, x₀ is the observation and the result is the
    denoiser's estimate of the posterior mean, as denoisers are compared; for a
    grey picture at √3 times the level, since its noise is the same in all channels. Noise
    of unknown level is as large as what is removed at a level s above it,
    ``σ² = ‖A r_s(x₀) - y‖² / N``, and at most the estimate. To go on from there, with σ
    for s, would lead down to no noise at all, slowly or quickly: a good denoiser told σ
    removes ``σ²`` less its own error.

    Args:
        sigma_start: level s, as a multiple of σ_dae; of a grey picture √3 times that.
        num_iter: evaluations; one is enough.
    """

    name = "direct"
    evaluations = 1

    def __init__(self, sigma_start=5.0, num_iter=1):
        self.sigma_start = sigma_start
        self.num_iter = num_iter

    def init(self, problem, x0):
        """Return the state at x₀, with the variance by the residual of a first evaluation."""
        x = x0
        if not isinstance(problem.noise, KnownNoise):
            start = self.sigma_start * problem.sigma_dae * problem.operator.copies**0.5
            x = problem.denoise(x0, float(start))
        variance = problem.noise.variance(problem.residual(x), problem.operator)
        return State(x0, x0, variance)

    def step(self, problem, state, k):
        """Return the state with the first estimate denoised."""
        del k
        level = tf.sqrt(problem.operator.copies * state.variance)
        return state._replace(x=problem.denoise(state.first, level))
