"""Properties that every operator of the registry has."""

import numpy as np
import pytest
import tensorflow.compat.v1 as tf
from registry import OPERATORS, kernel
from scipy.signal import convolve2d

from dmsp.errors import UserError
from dmsp.operators import FourierConvolution, SpatialConvolution, SubsampledBlur, ValidBlur

BATCH, CHANNELS = 2, 3


def evaluate(function, *arrays):
    """Run graph code on arrays."""
    with tf.Graph().as_default(), tf.Session() as session:
        return session.run(function(*(tf.constant(a, tf.float32) for a in arrays)))


def random(shape, seed=0):
    size = (BATCH,) + tuple(shape) + (CHANNELS,)
    return np.random.RandomState(seed).uniform(-1, 1, size).astype(np.float32)


@pytest.fixture(params=sorted(OPERATORS))
def operator(request):
    return OPERATORS[request.param]()


def test_adjoint_and_shapes(operator):
    x, r = random(operator.latent_shape), random(operator.observed_shape, 1)
    image, back = evaluate(lambda x, r: [operator.forward(x), operator.adjoint(r)], x, r)
    assert image.shape == r.shape
    assert back.shape == x.shape
    for i in range(BATCH):
        left, right = np.vdot(image[i], r[i]), np.vdot(x[i], back[i])
        assert left == pytest.approx(right, rel=1e-4, abs=1e-4)


def test_linear(operator):
    x, z = random(operator.latent_shape), random(operator.latent_shape, 1)
    both, one, two = evaluate(
        lambda x, z: [operator.forward(2 * x - z), operator.forward(x), operator.forward(z)], x, z
    )
    np.testing.assert_allclose(both, 2 * one - two, atol=1e-5)


def test_flat_picture_stays_flat_and_fills_the_field_of_view(operator):
    y = np.full((BATCH,) + operator.observed_shape + (CHANNELS,), 7.0, np.float32)
    first, baseline = evaluate(lambda y: [operator.initial(y), operator.baseline(y)], y)
    assert first.shape[1:3] == operator.latent_shape
    view = [n - before - after for n, (before, after) in zip(first.shape[1:3], operator.margin)]
    assert list(baseline.shape[1:3]) == view
    np.testing.assert_allclose(first, 7.0, rtol=1e-5)
    np.testing.assert_allclose(baseline, 7.0, rtol=1e-5)
    np.testing.assert_allclose(evaluate(operator.forward, first), y, rtol=1e-5)


def test_kernel_energy_is_the_gain_of_white_noise(operator):
    r = np.zeros((1,) + operator.observed_shape + (1,), np.float32)
    r[0, r.shape[1] // 2, r.shape[2] // 2, 0] = 1.0
    row = evaluate(operator.adjoint, r)
    assert operator.kernel_energy == pytest.approx(np.sum(row**2), rel=1e-5)


@pytest.mark.parametrize("convolution", [FourierConvolution, SpatialConvolution])
@pytest.mark.parametrize("size", [(3, 5), (4, 7), (6, 2), (1, 9)])
def test_blur_is_the_valid_correlation_of_scipy(convolution, size):
    k = kernel(*size)
    x = random((17, 21))
    blur = ValidBlur(k, x.shape[1:3], convolution)
    expected = convolve2d(x[1, :, :, 2], k[::-1, ::-1], "valid")
    np.testing.assert_allclose(evaluate(blur.forward, x)[1, :, :, 2], expected, atol=1e-5)


@pytest.mark.parametrize("convolution", [FourierConvolution, SpatialConvolution])
def test_impulse_by_hand(convolution):
    k = np.array([[0.1, 0.2, 0.3], [0.0, 0.3, 0.1]], np.float32)
    x = np.zeros((1, 5, 6, 1), np.float32)
    x[0, 2, 3, 0] = 1.0
    image = evaluate(ValidBlur(k, (5, 6), convolution).forward, x)[0, :, :, 0]
    expected = np.zeros((4, 4))
    expected[1] = [0.0, 0.1, 0.3, 0.0]  # y[1, j] = k[1, 3 - j]
    expected[2] = [0.0, 0.3, 0.2, 0.1]  # y[2, j] = k[0, 3 - j]
    np.testing.assert_allclose(image, expected, atol=1e-6)


@pytest.mark.parametrize("scale", [1, 2, 3, 4])
def test_subsampling_keeps_the_first_pixel(scale):
    k, x = kernel(3, 4), random((20, 22))
    blurred = evaluate(ValidBlur(k, (20, 22)).forward, x)
    operator = SubsampledBlur(k, (20, 22), scale)
    x = x[:, : operator.latent_shape[0], : operator.latent_shape[1]]
    height, width = operator.observed_shape
    expected = blurred[:, ::scale, ::scale][:, :height, :width]
    np.testing.assert_allclose(evaluate(operator.forward, x), expected, atol=1e-5)


@pytest.mark.parametrize("scale", [2, 3, 4])
@pytest.mark.parametrize("size", [(5, 5), (6, 6), (4, 7)])
def test_first_estimate_has_no_shift(scale, size):
    """The centroid of a blob stays where it is through degradation and first estimate."""
    k = np.outer(*(np.hanning(n + 2)[1:-1] for n in size)).astype(np.float32)
    operator = SubsampledBlur(k / k.sum(), (75, 77), scale)
    rows, columns = (np.arange(n) for n in operator.latent_shape)
    blob = np.exp(-((rows[:, None] - 37.3) ** 2 + (columns[None] - 35.8) ** 2) / (2 * 6.0**2))
    x = blob[None, :, :, None].astype(np.float32)
    estimates = evaluate(
        lambda x: [operator.initial(operator.forward(x)), operator.baseline(operator.forward(x))], x
    )
    top, left = (before for before, _ in operator.margin)
    for estimate, origin in zip(estimates, ((0, 0), (top, left))):
        picture = estimate[0, :, :, 0] / estimate.sum()
        centre = [np.sum(picture * grid) for grid in np.indices(picture.shape)]
        np.testing.assert_allclose(np.add(centre, origin), [37.3, 35.8], atol=0.05)


def test_a_kernel_larger_than_the_picture_is_refused():
    with pytest.raises(UserError, match="kernel of 9 x 9 pixels is larger than the picture of 8 x"):
        ValidBlur(kernel(9, 9), (8, 30))


@pytest.mark.parametrize("scale", [0, 2.5, 40])
def test_a_scale_that_cannot_be_is_refused(scale):
    with pytest.raises(UserError, match="task.scale"):
        SubsampledBlur(kernel(3, 3), (20, 20), scale)
