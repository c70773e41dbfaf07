"""Regularisation by denoising, in its fixed-point form."""

from typing import NamedTuple

import tensorflow.compat.v1 as tf

from dmsp.optimizers.hqs import HalfQuadraticSplitting


class State(NamedTuple):
    """Estimate; the data step's correction c, ``Aᵀ c``, ratio ``λ/ρ_k`` and weight λ.

    Shapes (N, H, W, channels), (N, h, w, channels), (N, H, W, channels), and (N, 1, 1, 1) twice.
    """

    x: tf.Tensor
    correction: tf.Tensor
    shift: tf.Tensor
    ratio: tf.Tensor
    weight: tf.Tensor


class Red(HalfQuadraticSplitting):
    """Find where the data term's gradient and the denoiser's residual cancel.

    ``λ Aᵀ(A x - y) + ρ (x - r_σ(x)) = 0``, by the iteration
    ``x ← argmin λ/2 ‖A x - y‖² + ρ_k/2 ‖x - r_σk(x_last)‖²`` with the levels and
    arguments of :class:`~dmsp.optimizers.hqs.HalfQuadraticSplitting`. The two
    alternate the same steps, but the estimate here is what the data step
    leaves, not what the denoiser does: its ρ_k has to end above λ.

    Source: Romano, Elad, Milanfar, SIAM J. Imaging Sci. 10(4), 2017, the
    fixed-point form of section 5.2.
    """

    name = "red"

    def __init__(
        self, sigma_start=1.9, sigma_end=0.2, beta=0.3, accuracy=0.2, steps=30, num_iter=16
    ):
        super().__init__(
            sigma_start, sigma_end, beta, accuracy=accuracy, steps=steps, num_iter=num_iter
        )

    def init(self, problem, x0):
        """Return the state at the data step from the first estimate."""
        start = super().init(problem, x0)
        weight = self.levels(problem, x0, 0).weight
        return State(x0 + start.shift, start.correction, start.shift, start.ratio, weight)

    def step(self, problem, state, k):
        """Return the state after iteration k."""
        # Where A only selects values, what was removed of y tells the noise. Once too little is
        # found, less is removed, and less is found again.
        least = 1.0 / state.weight if problem.operator.selects else 0.0
        # The estimate follows the noise; what the data step began at was denoised.
        levels = self.levels(problem, state.x - state.shift, k, least)
        anchor = problem.denoise(state.x, levels.sigma)
        x, correction, shift = self._data_step(problem, levels, anchor, state)
        return State(x, correction, shift, levels.ratio, levels.weight)
