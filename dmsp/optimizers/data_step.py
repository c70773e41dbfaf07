"""The quadratic step towards the observation, shared by the splitting methods."""

from dmsp.optimizers.conjugate_gradients import conjugate_gradients


def data_step(problem, anchor, weight, damping, start, steps):
    """Return the minimiser over v of ``λ/2 ‖A v - y‖² + ρ/2 ‖v - z‖²``.

    The solution of ``(λ AᵀA + ρ I)(v - s) = λ Aᵀ(y - A s) + ρ (z - s)``: in
    closed form where the operator has one, else by conjugate gradients from s.

    Args:
        problem: whose operator A and observation y are meant.
        anchor: z, the picture to stay near, (N, H, W, channels).
        weight: data weight λ, broadcast against (N, 1, 1, 1).
        damping: weight ρ of the anchor, above zero, likewise.
        start: s, where conjugate gradients begin, (N, H, W, channels).
        steps: how many conjugate-gradient steps.
    """
    operator = problem.operator
    towards = damping * (anchor - start) - weight * operator.adjoint(problem.residual(start))
    if operator.closed_form:
        return start + operator.solve(towards, weight, damping)

    def normal(v):
        return weight * operator.adjoint(operator.forward(v)) + damping * v

    return start + conjugate_gradients(normal, towards, steps)
