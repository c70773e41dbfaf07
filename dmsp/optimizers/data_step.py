"""The quadratic step towards the observation, shared by the splitting methods."""


def data_step(problem, anchor, weight, damping, start, steps):
    """Return the minimiser over v of ``λ/2 ‖A v - y‖² + ρ/2 ‖v - z‖²``, and its correction c.

    ``v = z + Aᵀ c`` with ``(λ A Aᵀ + ρ I) c = λ (y - A z)``, which makes
    ``c = λ/ρ (y - A v)``: solved in the space of the observation, in closed form
    where the operator has one, else by conjugate gradients from a start.

    Args:
        problem: whose operator A and observation y are meant.
        anchor: z, the picture to stay near, (N, H, W, channels).
        weight: data weight λ, broadcast against (N, 1, 1, 1).
        damping: weight ρ of the anchor, above zero, likewise.
        start: of c, (N, h, w, channels).
        steps: how many conjugate-gradient steps.
    """
    operator = problem.operator
    missing = -weight * problem.residual(anchor)
    correction = operator.solve(missing, weight, damping, start, steps)
    return anchor + operator.adjoint(correction), correction
