"""What a picture is taken to be outside itself, and the adjoints of that.

Each pair maps (N, H, W, channels) to the picture with its margin, given as
((top, bottom), (left, right)), and back.
"""

import numpy as np
import tensorflow.compat.v1 as tf


def replicate(x, margin):
    """Return x with its edge pixels repeated over the margin."""
    return _gathered(x, margin, lambda places, n: np.clip(places, 0, n - 1))


def fold_replicate(r, margin):
    """Return the adjoint of :func:`replicate`: what lies in the margin is added to the edge."""
    for axis, (before, after) in zip((1, 2), margin):
        first, middle, last = _split(r, axis, before, after)
        n = middle.shape.as_list()[axis]
        first, last = (tf.reduce_sum(part, axis=axis, keepdims=True) for part in (first, last))
        r = middle + _padded(first, axis, 0, n - 1) + _padded(last, axis, n - 1, 0)
    return r


def wrap(x, margin):
    """Return x continued periodically over the margin."""
    return _gathered(x, margin, lambda places, n: places % n)


def fold_wrap(r, margin):
    """Return the adjoint of :func:`wrap`: the margin is added at the opposite side."""
    for axis, (before, after) in zip((1, 2), margin):
        first, middle, last = _split(r, axis, before, after)
        n = middle.shape.as_list()[axis]
        r = middle + _padded(first, axis, n - before, 0) + _padded(last, axis, 0, n - after)
    return r


def _gathered(x, margin, inside):
    """Return x at each place of the picture with its margin, ``inside`` for those outside."""
    for axis, (before, after) in zip((1, 2), margin):
        n = x.shape.as_list()[axis]
        x = tf.gather(x, inside(np.arange(-before, n + after), n), axis=axis)
    return x


def _split(r, axis, before, after):
    return tf.split(r, [before, r.shape.as_list()[axis] - before - after, after], axis=axis)


def _padded(x, axis, before, after):
    return tf.pad(x, [[before, after] if i == axis else [0, 0] for i in range(4)])
