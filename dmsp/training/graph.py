"""The training step as a graph: noise, loss, Adam, moving average of the weights."""

import math

import numpy as np
import tensorflow.compat.v1 as tf

from dmsp.denoisers import networks
from dmsp.errors import UserError
from dmsp.levels import CHANNELS
from dmsp.runtime.graph_check import SCALED_UPDATE
from dmsp.runtime.precision import bfloat16_instructions


def learning_rate(step, steps, peak, warmup):
    """Return the rate of a step: linear warm-up, then half a cosine down to zero."""
    rising = min(1.0, (step + 1) / float(max(1, warmup)))
    return peak * rising * 0.5 * (1.0 + math.cos(math.pi * step / float(steps)))


def averaging(step, decay):
    """Return the moving average's decay at a step; short at first, so that it forgets the start."""
    return min(decay, (1.0 + step) / (10.0 + step))


def compute_dtype(name):
    """Return the type to compute in: float32, bfloat16, or what suits this CPU (``auto``)."""
    if name == "auto":
        return tf.bfloat16 if bfloat16_instructions() else tf.float32
    if name not in ("float32", "bfloat16"):
        raise UserError("compute={!r}: choose one of: auto, bfloat16, float32".format(name))
    return tf.as_dtype(name)


def initial_values(net, seed, biases=False):
    """Return He-initialised kernels by layer name, float32, and biases of zero if wanted."""
    rng = np.random.default_rng([seed, 0x1E])
    values = {
        layer.name: (
            rng.standard_normal(layer.shape)
            * layer.gain
            * math.sqrt(2.0 / np.prod(layer.shape[:3]))
        ).astype(np.float32)
        for layer in net.layers
    }
    for layer in net.layers if biases else ():
        values[layer.name + ".bias"] = np.zeros(layer.outputs, np.float32)
    return values


class Graph:
    """Everything that training computes on the device.

    The loss is ``mean(|r(x + σ n, σ) − x| · weight(σ))`` with
    ``weight(σ) = (σ + 3)^-0.6``, close to the error's own growth with σ, so that
    each noise level counts alike.

    Args:
        net: network to train (see :mod:`dmsp.denoisers.networks`).
        batch: shape (N, size, size, 3) of a batch.
        dtype: type that the network computes in; the weights are float32.
        clip_norm: the gradient's global norm is clipped to it.
        values: the weights to begin with, as of :func:`initial_values`.
        device: :class:`dmsp.runtime.Device`.
        channels: of the noise, 3 or 1, see :class:`dmsp.training.Settings`.
    """

    def __init__(self, net, batch, dtype, clip_norm, values, device, channels=CHANNELS):
        self.net, self.dtype = net, dtype
        self.patches = tf.placeholder(tf.uint8, batch, "patches")
        self.levels = tf.placeholder(tf.float32, [batch[0], 1, 1, 1], "levels")
        self.noise = device.batch_noise(tuple(batch[:3]) + (channels,))
        self.copies = CHANNELS // channels
        self.rate = tf.placeholder(tf.float32, [], "rate")
        self.decay = tf.placeholder(tf.float32, [], "decay")
        self.weights = {
            name: tf.Variable(value, name=name.replace(".", "_"), use_resource=True)
            for name, value in values.items()
        }
        self.average = {
            name: tf.Variable(
                value, name=name.replace(".", "_") + "_average", use_resource=True, trainable=False
            )
            for name, value in values.items()
        }
        self.loss = self._loss()
        self.train = self._train(clip_norm, device)
        self.state = {variable.op.name: variable for variable in tf.global_variables()}
        self._values = {
            name: tf.placeholder(variable.dtype.base_dtype, variable.shape)
            for name, variable in self.state.items()
        }
        self._restore = tf.group(
            *[variable.assign(self._values[name]) for name, variable in self.state.items()]
        )

    def denoise(self, weights, x, sigma):
        """Return the denoised x with these weights."""
        cast = {name: tf.cast(value, self.dtype) for name, value in weights.items()}
        return networks.denoise(self.net, cast, x, sigma, self.dtype)

    def _loss(self):
        clean = tf.cast(self.patches, tf.float32)
        noisy = clean + self.levels * self.noise.noise
        restored = self.denoise(self.weights, noisy, self.copies**0.5 * self.levels)
        return tf.reduce_mean(tf.abs(restored - clean) * tf.pow(self.levels + 3.0, -0.6))

    def _train(self, clip_norm, device):
        names = sorted(self.weights)
        variables = [self.weights[name] for name in names]
        adam = device.scaled(tf.train.AdamOptimizer(self.rate, name="adam"))
        gradients = [gradient for gradient, _ in adam.compute_gradients(self.loss, variables)]
        gradients, self.norm = tf.clip_by_global_norm(gradients, clip_norm)
        with tf.name_scope(SCALED_UPDATE):
            update = adam.apply_gradients(zip(gradients, variables))
        with tf.control_dependencies([update]):
            return tf.group(
                *[
                    self.average[name].assign_sub(
                        (1.0 - self.decay) * (self.average[name] - self.weights[name].read_value())
                    )
                    for name in names
                ]
            )

    def restore(self, session, arrays):
        """Set every variable from the arrays of a checkpoint."""
        session.run(self._restore, {self._values[name]: arrays[name] for name in self.state})
