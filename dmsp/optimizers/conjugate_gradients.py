"""Conjugate gradients, a fixed number of steps, in the graph."""

import tensorflow.compat.v1 as tf


def conjugate_gradients(matrix, b, x0, steps):
    """Return an approximate solution of ``B x = b`` for each picture of a batch.

    Args:
        matrix: ``B``, symmetric positive definite, as a function of x.
        b: right-hand side, (N, H, W, channels).
        x0: first estimate, likewise.
        steps: how many steps.

    Source: Hestenes, Stiefel, J. Res. NBS 49(6), 1952.
    """
    x = x0
    r = b - matrix(x)
    p = r
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
