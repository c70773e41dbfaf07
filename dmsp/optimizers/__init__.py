"""Optimizers: ``init(problem, x0)`` gives a state, ``step(problem, state, k)`` the next."""

from dmsp.optimizers.adam import Adam
from dmsp.optimizers.admm import Admm
from dmsp.optimizers.direct import Direct
from dmsp.optimizers.hqs import HalfQuadraticSplitting
from dmsp.optimizers.momentum import Momentum
from dmsp.optimizers.nesterov import Nesterov
from dmsp.optimizers.preconditioned import PreconditionedGradient
from dmsp.optimizers.red import Red

__all__ = [
    "Adam",
    "Admm",
    "Direct",
    "HalfQuadraticSplitting",
    "Momentum",
    "Nesterov",
    "PreconditionedGradient",
    "Red",
]
