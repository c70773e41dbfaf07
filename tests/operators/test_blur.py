"""Blurs against SciPy, and values worked out by hand."""

import numpy as np
import pytest
import tensorflow.compat.v1 as tf
from registry import ODD, kernel
from scipy.ndimage import correlate
from scipy.signal import convolve2d
from test_operators import evaluate

from dmsp.errors import UserError
from dmsp.objective import KnownNoise, Problem
from dmsp.operators import (
    BicubicDownsampling,
    CircularBlur,
    CircularSubsampledBlur,
    FourierConvolution,
    ReplicateBlur,
    SpatialConvolution,
    SubsampledBlur,
    ValidBlur,
    choose_blur,
    choose_subsampled_blur,
)
from dmsp.optimizers import HalfQuadraticSplitting


def random(shape):
    return np.random.RandomState(0).uniform(-1, 1, (2,) + shape + (3,)).astype(np.float32)


@pytest.mark.parametrize("convolution", [FourierConvolution, SpatialConvolution])
@pytest.mark.parametrize("size", [(3, 5), (4, 7), (6, 2), (1, 9)])
def test_blur_is_the_valid_correlation_of_scipy(convolution, size):
    k = kernel(*size)
    x = random((17, 21))
    blur = ValidBlur(k, x.shape[1:3], convolution)
    expected = convolve2d(x[1, :, :, 2], k[::-1, ::-1], "valid")
    np.testing.assert_allclose(evaluate(blur.forward, x)[1, :, :, 2], expected, atol=1e-5)


@pytest.mark.parametrize("blur, mode", [(CircularBlur, "wrap"), (ReplicateBlur, "nearest")])
@pytest.mark.parametrize("size", [(3, 5), (4, 7), (6, 2), (1, 9)])
def test_boundaries_are_those_of_scipy(blur, mode, size):
    k, x = kernel(*size), random((17, 21))
    # SciPy counts the centre of an even kernel from the other end.
    origin = [-((n - 1) % 2) for n in size]
    expected = correlate(x[1, :, :, 2], k, mode=mode, origin=origin)
    image = evaluate(blur(k, (17, 21)).forward, x)[1, :, :, 2]
    np.testing.assert_allclose(image, expected, atol=1e-5)


@pytest.mark.parametrize("blur", [CircularBlur, ReplicateBlur])
def test_inside_all_boundaries_are_alike(blur):
    k, x = kernel(4, 7), random((17, 21))
    valid, whole = evaluate(
        lambda x: [ValidBlur(k, (17, 21)).forward(x), blur(k, (17, 21)).forward(x)], x
    )
    np.testing.assert_allclose(whole[:, 1:15, 3:18], valid, atol=1e-5)


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


@pytest.mark.parametrize("scale", [2, 3])
def test_circular_subsampling_keeps_the_first_pixel_of_whole_periods(scale):
    k, x = kernel(3, 4), random((20, 22))
    operator = CircularSubsampledBlur(k, (20, 22), scale)
    x = x[:, : operator.latent_shape[0], : operator.latent_shape[1]]
    blurred = evaluate(CircularBlur(k, operator.latent_shape).forward, x)
    image = evaluate(operator.forward, x)
    np.testing.assert_allclose(image, blurred[:, ::scale, ::scale], atol=1e-5)
    assert operator.latent_shape == ((20, 22) if scale == 2 else (18, 21))


def bell(size):
    """Return a symmetric kernel of sum one."""
    k = np.outer(*(np.hanning(n + 2)[1:-1] for n in size)).astype(np.float32)
    return k / k.sum()


SHAPE = (75, 77)
REDUCTIONS = {
    "{} {}x{}".format(reduction.__name__, *size): lambda scale, r=reduction, s=size: r(
        bell(s), SHAPE, scale
    )
    for reduction in (SubsampledBlur, CircularSubsampledBlur)
    for size in ((5, 5), (6, 6), (4, 7))
}
REDUCTIONS["BicubicDownsampling"] = lambda scale: BicubicDownsampling(SHAPE, scale)


def restored(operator, y):
    """Return the restoration of an observation by a prior that only smooths a little."""

    def denoise(x, sigma):
        del sigma
        padded = tf.pad(x, [[0, 0], [1, 1], [1, 1], [0, 0]], "SYMMETRIC")
        return 0.5 * x + 0.5 * tf.nn.avg_pool2d(padded, 3, 1, "VALID")

    problem = Problem(operator, y, denoise, 11.0, KnownNoise(2.0), None)
    optimizer = HalfQuadraticSplitting(num_iter=3)
    state = optimizer.init(problem, operator.initial(y))
    for k in range(3):
        state = optimizer.step(problem, state, k)
    return state.x


@pytest.mark.parametrize("scale", [2, 3, 4])
@pytest.mark.parametrize("name", sorted(REDUCTIONS))
def test_nothing_shifts_the_picture(name, scale):
    """The centroid of a blob stays where it is: degraded, first estimate, baseline, restored."""
    operator = REDUCTIONS[name](scale)
    rows, columns = (np.arange(n) for n in operator.latent_shape)
    blob = np.exp(-((rows[:, None] - 37.3) ** 2 + (columns[None] - 35.8) ** 2) / (2 * 6.0**2))
    x = 255 * blob[None, :, :, None].astype(np.float32)

    def estimated(x):
        y = operator.forward(x)
        return [operator.initial(y), restored(operator, y), operator.baseline(y)]

    corner = tuple(before for before, _ in operator.margin)
    for estimate, origin in zip(evaluate(estimated, x), ((0, 0), (0, 0), corner)):
        picture = estimate[0, :, :, 0] / estimate.sum()
        centre = [np.sum(picture * grid) for grid in np.indices(picture.shape)]
        np.testing.assert_allclose(np.add(centre, origin), [37.3, 35.8], atol=0.05)


def test_a_kernel_larger_than_the_picture_is_refused():
    with pytest.raises(UserError, match="kernel of 9 x 9 pixels is larger than the picture of 8 x"):
        ValidBlur(kernel(9, 9), (8, 30))


@pytest.mark.parametrize("scale", [0, 2.5, 40, "two"])
def test_a_scale_that_cannot_be_is_refused(scale):
    for reduction in (SubsampledBlur, CircularSubsampledBlur):
        with pytest.raises(UserError, match="task.scale"):
            reduction(kernel(3, 3), (20, 20), scale)
    with pytest.raises(UserError, match="task.scale"):
        BicubicDownsampling((20, 20), scale)


def test_boundary_chooses_the_class():
    k = kernel(3, 3)
    assert isinstance(choose_blur(k, ODD), ValidBlur)
    assert isinstance(choose_blur(k, ODD, "replicate"), ReplicateBlur)
    assert isinstance(choose_subsampled_blur(k, ODD, 2, "circular"), CircularSubsampledBlur)
    with pytest.raises(UserError, match="task.boundary=circle: no such choice; .*'circular'"):
        choose_blur(k, ODD, "circle")
