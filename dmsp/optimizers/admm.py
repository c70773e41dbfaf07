"""Plug-and-play alternating direction method of multipliers."""

from typing import NamedTuple

import tensorflow.compat.v1 as tf

from dmsp.optimizers.hqs import HalfQuadraticSplitting, last


class State(NamedTuple):
    """Denoised estimate and scaled dual variable; the others as of half-quadratic splitting.

    Shapes (N, H, W, channels), the same, (N, h, w, channels), (N, H, W, channels),
    and (N, 1, 1, 1) three times.
    """

    x: tf.Tensor
    dual: tf.Tensor
    correction: tf.Tensor
    shift: tf.Tensor
    ratio: tf.Tensor
    sigma: tf.Tensor
    variance: tf.Tensor


class Admm(HalfQuadraticSplitting):
    """Half-quadratic splitting that remembers by how much its two steps disagree.

    ``v ← argmin λ/2 ‖A v - y‖² + ρ_k/2 ‖v - (x - u)‖²``, ``x ← r_σk(v + u)``,
    ``u ← u + v - x``, with the levels and arguments of
    :class:`~dmsp.optimizers.hqs.HalfQuadraticSplitting`. The scaled dual variable
    u shrinks as ρ_k grows: the multiplier ``ρ_k u`` is what stays.

    Source: Boyd et al., Found. Trends Mach. Learn. 3(1), 2011, section 3.1.1;
    with a denoiser: Venkatakrishnan et al., GlobalSIP 2013.
    """

    name = "admm"
    dilution = 0.0  # σ_K is below all noise

    def __init__(
        self, sigma_start=1.9, sigma_end=0.4, beta=0.4, accuracy=0.2, steps=30, num_iter=12
    ):
        super().__init__(
            sigma_start, sigma_end, beta, accuracy=accuracy, steps=steps, num_iter=num_iter
        )

    def init(self, problem, x0):
        """Return the state at the first estimate."""
        start = super().init(problem, x0)
        return State(x0, tf.zeros_like(x0), *start[2:])

    def step(self, problem, state, k):
        """Return the state after iteration k."""
        # The last levels leave noise in the estimate, which the dual variable takes away.
        levels = self.levels(problem, state.x - state.dual, k, last(problem.operator, state))
        dual = state.dual * levels.ratio / state.ratio
        v, correction, shift = self._data_step(problem, levels, state.x - dual, state)
        x = problem.denoise(v + dual, levels.sigma)
        after = correction, shift, levels.ratio, levels.sigma, levels.variance
        return State(x, dual + v - x, *after)
