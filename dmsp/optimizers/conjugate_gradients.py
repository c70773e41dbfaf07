"""Conjugate gradients, a fixed number of steps, in the graph."""

import tensorflow.compat.v1 as tf


def conjugate_gradients(matrix, b, steps):
    """Return an approximate solution of ``B x = b``, started at zero, for each picture of a batch.

    To start at s, solve for ``b - B s`` and add s.

    Args:
        matrix: ``B``, symmetric positive definite, as a function of x.
        b: right-hand side, (N, H, W, channels).
        steps: how many steps, from 1.

    Source: Hestenes, Stiefel, J. Res. NBS 49(6), 1952.
    """
    x, r, p = 0.0, b, b
    power = _inner(r, r)
    for remaining in reversed(range(steps)):
        image = matrix(p)
        length = power / tf.maximum(_inner(p, image), 1e-12)
        x = x + length * p
        if remaining:
            r = r - length * image
            last, power = power, _inner(r, r)
            p = r + power / tf.maximum(last, 1e-12) * p
    return x


def _inner(a, b):
    """Return the inner product of each picture, (N, 1, 1, 1)."""
    return tf.reduce_sum(a * b, axis=[1, 2, 3], keepdims=True)
