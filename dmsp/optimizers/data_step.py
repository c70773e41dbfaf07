"""The quadratic step towards the observation, shared by the splitting methods."""


def data_step(problem, anchor, weight, damping, start, effort):
    """Return the minimiser over v of ``λ/2 ‖A v - y‖² + ρ/2 ‖v - z‖²``, and what leads there.

    ``v = z + Aᵀ c`` with ``(λ A Aᵀ + ρ I) c = λ (y - A z)``, which makes
    ``c = λ/ρ (y - A v)``: solved in the space of the observation, in closed form
    where the operator has one, else by conjugate gradients. From a start c₀ these find
    the change ``δ = c - c₀``, ``(λ A Aᵀ + ρ I) δ = λ (y - A (z + Aᵀ c₀)) - ρ c₀``, which
    takes one A for both the anchor and the start where ``Aᵀ c₀`` is known.

    Args:
        problem: whose operator A and observation y are meant.
        anchor: z, the picture to stay near, (N, H, W, channels).
        weight: data weight λ, broadcast against (N, 1, 1, 1).
        damping: weight ρ of the anchor, above zero, likewise.
        start: c₀, (N, h, w, channels), and ``Aᵀ c₀``, (N, H, W, channels).
        effort: :class:`~dmsp.operators.conjugate_gradients.Effort` of conjugate gradients.

    Returns:
        v, c and ``Aᵀ c``.
    """
    operator = problem.operator
    correction, shift = start
    near = anchor + shift
    missing = -weight * problem.residual(near) - damping * correction
    change = operator.solve(missing, weight, damping, effort)
    shifted = operator.adjoint(change)
    return near + shifted, correction + change, shift + shifted
