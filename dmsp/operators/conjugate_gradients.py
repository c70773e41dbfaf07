"""Preconditioned conjugate gradients for regularised least squares, in the graph."""

import tensorflow.compat.v1 as tf


def conjugate_gradients(gram, precondition, u, weight, damping, start, steps):
    """Return an approximate solution c of ``(w G + d I) c = u``, for each picture of a batch.

    With ``G = A Aᵀ`` these are the normal equations of least squares in the space
    of the observation. For a blur G is a Toeplitz matrix, whatever the picture
    is outside, and a circulant preconditioner brings c near within two steps
    where ``w AᵀA + d I``, which knows the sides, takes ten times as many.

    Args:
        gram: G as a function of tensors such as u.
        precondition: an approximation of ``(w G + d I)⁻¹``, symmetric and positive
            definite, likewise.
        u: right-hand side, four axes, the pictures along the first.
        weight: w, broadcast against (N, 1, 1, 1).
        damping: d, above zero, likewise.
        start: where to begin, such as u.
        steps: how many steps, from 1.

    Source: Hestenes, Stiefel, J. Res. NBS 49(6), 1952; circulant preconditioners:
    Chan, Ng, SIAM Review 38(3), 1996.
    """
    c, r = start, u - weight * gram(start) - damping * start
    direction = precondition(r)
    p, power = direction, _inner(r, direction)
    for remaining in reversed(range(steps)):
        product = weight * gram(p) + damping * p
        length = power / tf.maximum(_inner(p, product), SMALLEST)
        c = c + length * p
        if remaining:
            r = r - length * product
            direction = precondition(r)
            last, power = power, _inner(r, direction)
            p = direction + power / tf.maximum(last, SMALLEST) * p
    return c


SMALLEST = 1e-20  # keeps what is solved already from dividing zero by zero


def _inner(a, b):
    """Return the inner product of each picture, (N, 1, 1, 1)."""
    return tf.reduce_sum(a * b, axis=[1, 2, 3], keepdims=True)
