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
