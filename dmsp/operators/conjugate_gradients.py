"""Conjugate gradients for regularised least squares, a fixed number of steps, in the graph."""

import tensorflow.compat.v1 as tf


def conjugate_gradients(gram, u, weight, damping, start, steps):
    """Return an approximate solution c of ``(w G + d I) c = u``, ``G = A Aᵀ``, for each picture.

    ``Aᵀ c`` is what conjugate gradients on ``(w AᵀA + d I) v = Aᵀ u`` give after
    as many steps from ``Aᵀ start``: the inner product here is ``⟨a, G b⟩ = ⟨Aᵀ a, Aᵀ b⟩``.
    But the vectors are as small as the observation, and G is applied once a step,
    which for a blur is one Fourier transform forth and back where AᵀA takes two.

    Args:
        gram: G as a function of tensors such as u.
        u: right-hand side, four axes, the pictures along the first.
        weight: w, broadcast against (N, 1, 1, 1).
        damping: d, above zero, likewise.
        start: where to begin, such as u.
        steps: how many steps, from 1.

    Source: Hestenes, Stiefel, J. Res. NBS 49(6), 1952; in the space of the
    observation: Gratton, Tshimanga, Q. J. R. Meteorol. Soc. 135(643), 2009.
    """
    c, r = start, u - weight * gram(start) - damping * start
    image = gram(r)
    p, image_p, power = r, image, _inner(r, image)
    for remaining in reversed(range(steps)):
        product = weight * image_p + damping * p
        length = power / tf.maximum(_inner(image_p, product), 1e-12)
        c = c + length * p
        if remaining:
            r = r - length * product
            image = gram(r)
            last, power = power, _inner(r, image)
            ratio = power / tf.maximum(last, 1e-12)
            p, image_p = r + ratio * p, image + ratio * image_p
    return c


def _inner(a, b):
    """Return the inner product of each picture, (N, 1, 1, 1)."""
    return tf.reduce_sum(a * b, axis=[1, 2, 3], keepdims=True)
