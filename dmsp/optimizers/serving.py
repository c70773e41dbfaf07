"""Which optimizer serves which operator."""

from dmsp.errors import UserError
from dmsp.operators import Operator


def check_serves(optimizer, operator):
    """Raise a :class:`UserError` where an operator lacks what the optimizer needs of it."""
    if type(operator).adjoint is Operator.adjoint and optimizer.name != "direct":
        raise UserError(
            "optimizer={}: the operator {} has no adjoint, without which only optimizer=direct "
            "works".format(optimizer.name, type(operator).__name__)
        )
