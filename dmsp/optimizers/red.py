"""Regularisation by denoising, in its fixed-point form."""

from dmsp.optimizers.hqs import HalfQuadraticSplitting, State, last


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
    dilution = 0.0  # σ_K is below all noise

    def __init__(
        self, sigma_start=1.9, sigma_end=0.2, beta=0.3, accuracy=0.2, steps=30, num_iter=16
    ):
        super().__init__(
            sigma_start, sigma_end, beta, accuracy=accuracy, steps=steps, num_iter=num_iter
        )

    def init(self, problem, x0):
        """Return the state at the data step from the first estimate."""
        start = super().init(problem, x0)
        return start._replace(x=x0 + start.shift)

    def step(self, problem, state, k):
        """Return the state after iteration k."""
        # The estimate follows the noise; what the data step began at was denoised.
        levels = self.levels(problem, state.x - state.shift, k, last(problem.operator, state))
        anchor = problem.denoise(state.x, levels.sigma)
        x, correction, shift = self._data_step(problem, levels, anchor, state)
        return State(x, state.x, correction, shift, levels.ratio, levels.sigma, levels.variance)
