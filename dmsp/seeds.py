"""Random numbers that depend on the seed, the picture's name and the iteration alone.

A picture is treated alike in any order, batch, process and after a resume.
"""

import hashlib

import numpy as np
import tensorflow.compat.v1 as tf


def key_of(seed, name):
    """Return the two int32 words that key all random numbers of a picture.

    Args:
        seed: the run's seed.
        name: the picture's name.
    """
    digest = hashlib.sha256("{}/{}".format(seed, name).encode()).digest()
    return np.frombuffer(digest[:8], dtype="<i4").copy()


def observation_noise(key, shape):
    """Return unit white noise for a picture's observation, float32.

    The Mersenne Twister's stream is frozen by NumPy, so that a degraded
    picture is the same in every version.
    """
    generator = np.random.RandomState(key.view(np.uint32))
    return generator.standard_normal(shape).astype(np.float32)


def iteration_noise(keys, k, shape):
    """Return unit white noise of iteration k for a batch, (N,) + shape, as graph code.

    Args:
        keys: int32 tensor (N, 2) of :func:`key_of`.
        k: iteration, int32 scalar tensor.
        shape: of one picture, (H, W, channels).
    """
    return tf.stack(
        [
            tf.random.stateless_normal(shape, seed=tf.stack([key[0], key[1] + k]))
            for key in tf.unstack(keys)
        ]
    )


class DrawnNoise:
    """Unit white noise of an iteration, drawn in the graph by :func:`iteration_noise`.

    Args:
        keys: int32 variable (N, 2) of :func:`key_of`.
        shape: of one picture, (H, W, channels).
        calls: iterations that run in one call.
    """

    def __init__(self, keys, shape, calls):
        del calls
        self._keys = keys
        self._shape = shape

    def draw(self, k):
        """Return the noise of iteration k, (N, H, W, channels)."""
        return iteration_noise(self._keys, k, self._shape)

    def load(self, session, keys, first):
        """Prepare the iterations from ``first`` on, which the graph does by itself."""


class DrawnBatch:
    """Unit white noise for a batch, drawn in the graph.

    Args:
        shape: of the batch.

    Attributes:
        noise: the noise, a tensor of that shape.
    """

    def __init__(self, shape):
        self._key = tf.placeholder(tf.int32, [2], "key")
        self.noise = tf.random.stateless_normal(shape, seed=self._key)

    def feed(self, seed, step):
        """Return what to feed for the noise of a step."""
        return {self._key: [seed, step]}


class FedBatch:
    """Unit white noise for a batch, drawn by NumPy and fed; arguments as :class:`DrawnBatch`."""

    def __init__(self, shape):
        self.noise = tf.placeholder(tf.float32, shape, "noise")

    def feed(self, seed, step):
        """Return what to feed for the noise of a step."""
        key = key_of(seed, "batch")
        return {self.noise: fed_noise(key, step, self.noise.shape.as_list())}


class FedNoise:
    """Unit white noise of an iteration, drawn by NumPy and fed before each call.

    For devices that have no op for keyed random numbers. The arguments are
    those of :class:`DrawnNoise`.
    """

    def __init__(self, keys, shape, calls):
        self._shape = (calls, keys.shape.as_list()[0]) + tuple(shape)
        self._block = None

    def draw(self, k):
        """Return the noise of iteration k, (N, H, W, channels)."""
        if self._block is None:  # most optimizers draw none
            self._block = tf.get_variable(
                "noise",
                self._shape,
                tf.float32,
                initializer=tf.zeros_initializer(),
                trainable=False,
                use_resource=True,
            )
            self._input = tf.placeholder(tf.float32, self._shape, "noise_input")
            self._load = self._block.assign(self._input).op
        if self._shape[0] == 1:
            return self._block.read_value()[0]
        return tf.gather(self._block.read_value(), tf.math.floormod(k, self._shape[0]))

    def load(self, session, keys, first):
        """Feed the noise of the iterations from ``first`` on; ``keys`` is an array (N, 2)."""
        if self._block is None:
            return
        steps = range(first, first + self._shape[0])
        block = [[fed_noise(key, k, self._shape[2:]) for key in keys] for k in steps]
        session.run(self._load, {self._input: np.asarray(block, np.float32)})


def fed_noise(key, k, shape):
    """Return unit white noise of iteration k for a picture, float32, from NumPy's frozen stream."""
    generator = np.random.RandomState(np.append(key.view(np.uint32), np.uint32(k)))
    return generator.standard_normal(shape).astype(np.float32)
