"""Preconditioned conjugate gradients for regularised least squares, in the graph."""

import tensorflow.compat.v1 as tf


def conjugate_gradients(matrix, precondition, u, steps):
    """Return an approximate solution c of ``M c = u``, for each picture of a batch.

    With ``M = w A Aᵀ + d I`` these are the normal equations of least squares in the space
    of the observation. For a blur M is a Toeplitz matrix, whatever the picture
    is outside, and a circulant preconditioner brings c near within two steps
    where ``w AᵀA + d I``, which knows the sides, takes ten times as many.

    Args:
        matrix: M as a function of tensors such as u, symmetric and positive definite.
        precondition: an approximation of its inverse, likewise.
        u: right-hand side, four axes, the pictures along the first.
        steps: how many steps, from 1, the first of which starts at zero.

    Source: Hestenes, Stiefel, J. Res. NBS 49(6), 1952; circulant preconditioners:
    Chan, Ng, SIAM Review 38(3), 1996.
    """
    r = u
    direction = precondition(r)
    c, p, power = 0.0, direction, _inner(r, direction)
    for remaining in reversed(range(steps)):
        product = matrix(p)
        length = power / tf.maximum(_inner(p, product), SMALLEST)
        c += length * p
        if remaining:
            r -= length * product
            direction = precondition(r)
            last, power = power, _inner(r, direction)
            p = direction + power / tf.maximum(last, SMALLEST) * p
    return c


SMALLEST = 1e-20  # keeps what is solved already from dividing zero by zero


def _inner(a, b):
    """Return the inner product of each picture, (N, 1, 1, 1)."""
    return tf.reduce_sum(a * b, axis=[1, 2, 3], keepdims=True)
