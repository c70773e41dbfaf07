"""Filters by the fast Fourier transform and by matrix products."""

import numpy as np
import pytest
import tensorflow.compat.v1 as tf

from dmsp.operators.transforms import (
    FastTransform,
    MatrixTransform,
    fast_grid,
    power_spectrum,
    spectrum,
)


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


@pytest.mark.parametrize("transform", [FastTransform, MatrixTransform])
@pytest.mark.parametrize("grid", [(6, 8), (5, 7), (9, 8)])
def test_there_and_back_as_numpy_does_with_gradients(transform, grid):
    random = np.random.RandomState(0)
    shape = (5, 7)
    planes = random.standard_normal((2, 3) + shape).astype(np.float32)
    spectra = np.fft.rfft2(random.standard_normal((2, 3) + grid)).astype(np.complex64)
    weights = random.standard_normal(planes.shape).astype(np.float32)
    with tf.Graph().as_default(), tf.Session() as session:
        x, z = tf.constant(planes), tf.constant(spectra)
        turn = transform(grid, shape)
        there, back = turn.forward(x), turn.inverse(z)
        # <weights, F^-1 (z F x)> has the gradient F^T(z F^-T weights) by x.
        product = tf.reduce_sum(weights * turn.inverse(z * there))
        found = session.run([there, back, product, tf.gradients(product, x)[0]])
    np.testing.assert_allclose(found[0], np.fft.rfft2(planes, grid), atol=1e-4)
    expected = np.fft.irfft2(spectra, grid)[:, :, : shape[0], : shape[1]]
    np.testing.assert_allclose(found[1], expected, atol=1e-5)
    assert found[2] == pytest.approx(np.sum(planes * found[3]), rel=1e-3)  # it is linear in x
    adjoint = np.fft.irfft2(np.conj(spectra) * np.fft.rfft2(weights, grid), grid)
    np.testing.assert_allclose(found[3], adjoint[:, :, : shape[0], : shape[1]], atol=1e-4)


def test_power_spectrum_by_hand():
    # k = [1, 2]: |K|^2 = |1 + 2 exp(-i w)|^2 = 9, 5, 1 at w = 0, pi/2, pi; aliases 0 and pi meet.
    kernel = np.array([[1.0, 2.0]])
    with tf.Graph().as_default(), tf.Session() as session:
        every, second = session.run(
            [power_spectrum(kernel, (1, 4)), power_spectrum(kernel, (1, 2), 2)]
        )
    np.testing.assert_allclose(every, [[9, 5, 1]], atol=1e-6)
    np.testing.assert_allclose(second, [[5, 5]], atol=1e-6)


@pytest.mark.parametrize("shape", [(3, 5), (4, 3), (9, 10)])
@pytest.mark.parametrize("scale", [1, 2, 3])
def test_power_spectrum_is_the_mean_over_the_aliases(shape, scale):
    kernel, grid = np.random.RandomState(0).uniform(size=shape), (5, 6)  # larger ones wrap around
    fine = [scale * n for n in grid]
    folded = np.zeros([-(-k // n) * n for k, n in zip(shape, fine)])
    folded[: shape[0], : shape[1]] = kernel
    rows, columns = (len(a) // n for a, n in zip((folded, folded.T), fine))
    folded = folded.reshape(rows, fine[0], columns, fine[1]).sum(axis=(0, 2))
    power = np.square(np.abs(np.fft.fft2(folded))).reshape(scale, grid[0], scale, grid[1])
    with tf.Graph().as_default(), tf.Session() as session:
        found = session.run(power_spectrum(kernel, grid, scale))
    np.testing.assert_allclose(found, power.mean(axis=(0, 2))[:, :4], atol=1e-5 * power.max())


def test_spectra_are_made_of_the_kernel_in_the_graph():
    kernel = np.random.RandomState(0).uniform(size=(3, 5)).astype(np.float32)
    with tf.Graph().as_default() as graph, tf.Session() as session:
        made = session.run(spectrum(kernel, (60, 80)))
        power_spectrum(kernel, (60, 80))
        assert graph.as_graph_def().ByteSize() < 60 * 80 * 4
    np.testing.assert_allclose(made, np.fft.rfft2(kernel, (60, 80)), atol=1e-4)


def test_fast_grid_is_even_along_the_second_axis_and_not_smaller():
    for n in (1, 31, 97, 331, 481):
        rows, columns = fast_grid((n, n))
        assert rows >= n and columns >= n and columns % 2 == 0
