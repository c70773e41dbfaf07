"""Optimizers: ``init(problem, x0)`` gives a state, ``step(problem, state, k)`` the next."""

from dmsp.optimizers.adam import Adam
from dmsp.optimizers.hqs import HalfQuadraticSplitting
from dmsp.optimizers.momentum import Momentum
from dmsp.optimizers.nesterov import Nesterov

__all__ = ["Adam", "HalfQuadraticSplitting", "Momentum", "Nesterov"]
