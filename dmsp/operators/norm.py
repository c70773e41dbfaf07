"""The norm of an operator, which bounds the step of gradient descent."""

import numpy as np
import tensorflow.compat.v1 as tf


def norm(operator, steps=30, channels=3):
    """Return an estimate of ``‖A‖``, the largest gain of ``A``, from below: a scalar tensor.

    Power iteration on ``AᵀA`` from white noise.

    Args:
        operator: A.
        steps: how often ``AᵀA`` is applied, from 1.
        channels: of the latent picture.
    """
    shape = (1,) + tuple(operator.latent_shape) + (channels,)
    start = np.random.RandomState(0).standard_normal(shape).astype(np.float32)

    def step(k, x):
        return k + 1, operator.adjoint(operator.forward(x / tf.norm(x)))

    _, x = tf.while_loop(lambda k, x: k < steps, step, (0, tf.constant(start)), back_prop=False)
    return tf.sqrt(tf.norm(x))
