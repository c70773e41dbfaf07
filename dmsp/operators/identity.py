"""Observation of the picture itself."""

from dmsp.operators.base import Operator


class Identity(Operator):
    """Nothing but noise between picture and observation: ``A x = x``.

    Args:
        shape: rows and columns of the picture.
    """

    selects = True
    closed_form = True
    baseline_name = ""
    period = 1

    def __init__(self, shape):
        self.latent_shape = self.observed_shape = tuple(shape)

    def part(self, begin, shape):
        del begin
        return Identity(shape)

    def forward(self, x):
        return x

    def adjoint(self, r):
        return r

    def solve(self, u, weight, damping, effort):
        return u / (weight + damping)

    def initial(self, y):
        return y

    def baseline(self, y):
        return y
