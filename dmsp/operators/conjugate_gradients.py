"""Preconditioned conjugate gradients for regularised least squares, in the graph."""

from typing import NamedTuple, Union

import tensorflow.compat.v1 as tf


class Effort(NamedTuple):
    """How far conjugate gradients go.

    Attributes:
        steps: how many there are at most.
        enough: a picture's are over when the mean of ``r P r`` over its pixels is at most that,
            with the residual r and the preconditioner P; broadcast against (N, 1, 1, 1).
    """

    steps: int
    enough: Union[float, tf.Tensor] = 0.0


def conjugate_gradients(matrix, precondition, u, effort, looped=True):
    """Return an approximate solution c of ``M c = u``, for each picture of a batch.

    With ``M = w A Aᵀ + d I`` these are the normal equations of least squares in the space
    of the observation. For a blur M is a Toeplitz matrix, whatever the picture
    is outside, and a circulant preconditioner brings c near within two steps
    where ``w AᵀA + d I``, which knows the sides, takes ten times as many.

    The error e of c has ``e M e ≈ r P r``, and ``w |Aᵀ e|²`` is less than that.

    Args:
        matrix: M as a function of tensors such as u, symmetric and positive definite.
        precondition: P, an approximation of its inverse, likewise.
        u: right-hand side, four axes, the pictures along the first.
        effort: :class:`Effort`; the first step starts at zero.
        looped: whether the device has loops; :data:`UNROLLED` steps are made at most without,
            which do nothing after enough of them.

    Source: Hestenes, Stiefel, J. Res. NBS 49(6), 1952; circulant preconditioners:
    Chan, Ng, SIAM Review 38(3), 1996.
    """

    def going(k, c, r, p, power):
        return tf.logical_and(k < effort.steps, tf.reduce_any(power > effort.enough))

    def step(k, c, r, p, power):
        product = matrix(p)
        length = power / tf.maximum(_inner(p, product), SMALLEST)
        # Other pictures of the batch may go on, and must not change what this one comes to.
        length = tf.where(power > effort.enough, length, tf.zeros_like(length))
        r -= length * product
        q = precondition(r)
        last, power = power, _inner(r, q)
        return k + 1, c + length * p, r, q + power / tf.maximum(last, SMALLEST) * p, power

    q = precondition(u)
    state = 0, tf.zeros_like(u), u, q, _inner(u, q)
    if looped:
        return tf.while_loop(going, step, state, back_prop=False)[1]
    for _ in range(min(effort.steps, UNROLLED)):
        state = step(*state)
    return state[1]


UNROLLED = 8
SMALLEST = 1e-20  # keeps what is solved already from dividing zero by zero


def _inner(a, b):
    """Return the mean product of each picture's values, (N, 1, 1, 1)."""
    return tf.reduce_mean(a * b, axis=[1, 2, 3], keepdims=True)
