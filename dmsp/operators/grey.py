"""Observation in black and white."""

import tensorflow.compat.v1 as tf

from dmsp.levels import CHANNELS
from dmsp.operators.base import Operator


class Grey(Operator):
    """An operator on the mean of the channels: ``A x = A₀ (x_R + x_G + x_B) / 3``.

    The observation has one channel, whose noise counts once; the colour that
    it leaves open is the prior's, for which a grey picture stays grey.
    ``A Aᵀ = A₀ A₀ᵀ / 3``.

    Args:
        operator: A₀, which treats channels alike and apart from each other.
    """

    observed_channels = 1
    copies = CHANNELS

    def __init__(self, operator):
        self._operator = operator
        self.latent_shape = operator.latent_shape
        self.observed_shape = operator.observed_shape
        self.margin = operator.margin
        self.border = operator.border
        self.scale = operator.scale
        self.coverage = operator.coverage / CHANNELS
        self.kernel_energy = operator.kernel_energy / CHANNELS
        self.selects = operator.selects
        self.noisy = operator.noisy
        self.closed_form = operator.closed_form
        self.looped = operator.looped
        self.kernel = operator.kernel
        self.baseline_name = operator.baseline_name
        self.period = operator.period

    def part(self, begin, shape):
        return Grey(self._operator.part(begin, shape))

    def forward(self, x):
        return self._operator.forward(_mean(x))

    def adjoint(self, r):
        return _spread(self._operator.adjoint(r)) / CHANNELS

    def solve(self, u, weight, damping, effort):
        return self._operator.solve(u, weight / CHANNELS, damping, effort)

    def initial(self, y):
        return _spread(self._operator.initial(y))

    def baseline(self, y):
        return _spread(self._operator.baseline(y))

    def observation(self, picture):
        return self._operator.observation(picture[:, :, :1])

    def laid_out(self, y):
        return self._operator.laid_out(y)

    def display(self, y):
        return self._operator.display(y)

    def planes(self, y):
        return self._operator.planes(y)


def _mean(x):
    return tf.reduce_mean(x, axis=3, keepdims=True)


def _spread(x):
    return tf.tile(x, [1, 1, 1, CHANNELS])
