"""Filters by the fast Fourier transform and by matrix products."""

import numpy as np
import pytest
import tensorflow.compat.v1 as tf

from dmsp.operators.transforms import FastTransform, MatrixTransform, fast_grid, power_spectrum


@pytest.mark.parametrize("transform", [FastTransform, MatrixTransform])
@pytest.mark.parametrize("grid", [(6, 8), (5, 7), (9, 8)])
@pytest.mark.parametrize("shape", [(5, 7), (3, 2)])
def test_filters_as_numpy_does(transform, grid, shape):
    random = np.random.RandomState(0)
    planes = random.standard_normal((2, 3) + shape).astype(np.float32)
    # A different filter for each picture, symmetric as the spectrum of a real one is.
    power = np.square(np.abs(np.fft.rfft2(random.standard_normal((2, 1) + grid))))
    with tf.Graph().as_default(), tf.Session() as session:
        result = session.run(
            transform(grid, shape).filtered(tf.constant(planes), tf.constant(power, tf.float32))
        )
    expected = np.fft.irfft2(power * np.fft.rfft2(planes, grid), grid)
    scale = np.abs(expected).max()
    np.testing.assert_allclose(
        result / scale, expected[:, :, : shape[0], : shape[1]] / scale, atol=1e-6
    )


def test_power_spectrum_by_hand():
    # k = [1, 2]: |K|^2 = |1 + 2 exp(-i w)|^2 = 9, 5, 1 at w = 0, pi/2, pi; aliases 0 and pi meet.
    kernel = np.array([[1.0, 2.0]])
    np.testing.assert_allclose(power_spectrum(kernel, (1, 4)), [[9, 5, 1]], atol=1e-6)
    np.testing.assert_allclose(power_spectrum(kernel, (2, 4), 2), [[5, 5]], atol=1e-6)


def test_fast_grid_is_even_along_the_second_axis_and_not_smaller():
    for n in (1, 31, 97, 331, 481):
        rows, columns = fast_grid((n, n))
        assert rows >= n and columns >= n and columns % 2 == 0
