"""The mean over orientations."""

import numpy as np
import pytest
import tensorflow.compat.v1 as tf

from dmsp.denoisers.ensemble import SIZES, check, ensembled
from dmsp.errors import UserError

KERNEL = np.array([[0.1, 0.2, 0.3], [0.4, -0.5, 0.6], [0.7, 0.8, -0.9]], np.float32)


def correlated(x, sigma):
    """A network without any symmetry, whose result depends on each pixel's level."""
    kernel = KERNEL[:, :, None, None]
    return tf.nn.conv2d(x * sigma, kernel, strides=[1, 1, 1, 1], padding="SAME")


def evaluated(size, x, sigma):
    with tf.Graph().as_default(), tf.Session() as session:
        return session.run(ensembled(correlated, size)(tf.constant(x), sigma))


# By which kernel the mean over the first orientations correlates: the mean of its mirror images.
MEANS = {
    1: KERNEL,
    2: (KERNEL + KERNEL[:, ::-1]) / 2,
    4: (KERNEL + KERNEL[:, ::-1] + KERNEL[::-1] + KERNEL[::-1, ::-1]) / 4,
    8: sum(k for kernel in (KERNEL, KERNEL.T) for k in np.array(
        [kernel, kernel[:, ::-1], kernel[::-1], kernel[::-1, ::-1]])) / 8,
}  # fmt: skip


@pytest.mark.parametrize("size", SIZES)
def test_an_impulse_answers_with_the_mean_of_the_mirror_images(size):
    x = np.zeros((1, 5, 7, 1), np.float32)
    x[0, 2, 4] = 1.0
    result = evaluated(size, x, 2.0)
    np.testing.assert_allclose(result[0, 1:4, 3:6, 0], 2 * MEANS[size][::-1, ::-1], atol=1e-6)


@pytest.mark.parametrize("size", SIZES)
def test_levels_turn_with_the_picture(size):
    x = np.random.RandomState(0).rand(2, 4, 6, 1).astype(np.float32)
    sigma = np.random.RandomState(1).rand(2, 4, 6, 1).astype(np.float32)
    expected = evaluated(size, x * sigma, 1.0)
    np.testing.assert_allclose(evaluated(size, x, sigma), expected, atol=1e-6)
    one = np.full((2, 1, 1, 1), 0.5, np.float32)
    np.testing.assert_allclose(evaluated(size, x, one), evaluated(size, x, 0.5), atol=1e-6)


@pytest.mark.parametrize("size", [0, 3, 16, True, "many", None, 2.0])
def test_another_number_of_orientations_is_refused(size):
    with pytest.raises(UserError, match=r"denoiser\.ensemble=.*one of 1, 2, 4, 8"):
        check(size)
