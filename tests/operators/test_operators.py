"""Properties that every operator of the registry has."""

import numpy as np
import pytest
import tensorflow.compat.v1 as tf
from registry import OPERATORS, build, kernel

from dmsp.operators import (
    FourierConvolution,
    Mosaic,
    ReplicateBlur,
    SpatialConvolution,
    SubsampledBlur,
    choose_blur,
)
from dmsp.operators.conjugate_gradients import Effort
from dmsp.operators.mask import Selection
from dmsp.operators.norm import norm

BATCH, CHANNELS = 2, 3


def evaluate(function, *arrays):
    """Run graph code on arrays."""
    with tf.Graph().as_default(), tf.Session() as session:
        return session.run(function(*(tf.constant(a, tf.float32) for a in arrays)))


def latent(operator, seed=0):
    """Return a random batch of latent pictures."""
    return _random(operator.latent_shape + (CHANNELS,), seed)


def observed(operator, seed=1):
    """Return a random batch of observations."""
    return _random(operator.observed_shape + (operator.observed_channels,), seed)


def _random(shape, seed):
    return np.random.RandomState(seed).uniform(-1, 1, (BATCH,) + shape).astype(np.float32)


@pytest.fixture(params=sorted(OPERATORS))
def operator(request):
    return build(request.param)


def test_linear_with_its_adjoint(operator):
    x, z, r = latent(operator), latent(operator, 2), observed(operator)
    image, other, both, back = evaluate(
        lambda x, z, r: [
            operator.forward(x),
            operator.forward(z),
            operator.forward(2 * x - z),
            operator.adjoint(r),
        ],
        x,
        z,
        r,
    )
    assert image.shape == r.shape
    assert back.shape == x.shape
    np.testing.assert_allclose(both, 2 * image - other, atol=1e-5)
    for i in range(BATCH):
        left, right = np.vdot(image[i], r[i]), np.vdot(x[i], back[i])
        assert left == pytest.approx(right, rel=1e-4, abs=1e-4)


def test_flat_picture_stays_flat_and_fills_the_field_of_view(operator):
    y = np.full_like(observed(operator), 7.0)
    first, baseline, image = evaluate(
        lambda y: [
            operator.initial(y),
            operator.baseline(y),
            operator.forward(operator.initial(y)),
        ],
        y,
    )
    assert first.shape == latent(operator).shape
    view = [n - before - after for n, (before, after) in zip(first.shape[1:3], operator.margin)]
    assert baseline.shape == (BATCH,) + tuple(view) + (CHANNELS,)
    for picture in (first, baseline, image):
        np.testing.assert_allclose(picture, 7.0, rtol=1e-5)


def test_kernel_energy_is_the_gain_of_white_noise(operator):
    r = np.zeros_like(observed(operator)[:1])
    r[0, r.shape[1] // 2, r.shape[2] // 2, 0] = 1.0
    row = evaluate(operator.adjoint, r)
    assert operator.kernel_energy == pytest.approx(np.sum(row**2), rel=1e-5)


def test_coverage_counts_the_measured_values_of_the_field_of_view(operator):
    view = [
        n - before - after for n, (before, after) in zip(operator.latent_shape, operator.margin)
    ]
    values = np.prod(operator.observed_shape) * operator.observed_channels
    assert operator.coverage == pytest.approx(values / (np.prod(view) * CHANNELS))


def test_solves_each_picture_of_a_batch(operator):
    c = observed(operator)
    weight = np.array([0.3, 2.0], np.float32).reshape(BATCH, 1, 1, 1)
    damping = np.array([0.2, 3.0], np.float32).reshape(BATCH, 1, 1, 1)

    def solved(c, weight, damping):
        u = weight * operator.forward(operator.adjoint(c)) + damping * c
        return operator.solve(u, weight, damping, Effort(30))

    np.testing.assert_allclose(evaluate(solved, c, weight, damping), c, atol=2e-4)


@pytest.mark.parametrize(
    "boundary, tolerance", [("valid", 0.02), ("replicate", 0.15), ("circular", 0.001)]
)
@pytest.mark.parametrize("convolution", [FourierConvolution, SpatialConvolution])
def test_few_steps_solve_a_blur(boundary, tolerance, convolution):
    operator = choose_blur(kernel(7, 5), (40, 43), boundary, convolution)
    c = observed(operator)

    def solved(c):
        u = operator.forward(operator.adjoint(c)) + 0.01 * c
        return operator.solve(u, 1.0, 0.01, Effort(6))

    error = evaluate(solved, c) - c
    assert np.sqrt(np.mean(error**2)) < tolerance * np.sqrt(np.mean(c**2))


def test_display_is_a_picture(operator):
    y = observed(operator)[0]
    picture = operator.display(y)
    assert picture.ndim == 3 and picture.shape[2] in (1, 3)
    assert np.sum(picture) == pytest.approx(np.sum(y), rel=1e-4)


def test_no_picture_gains_more_than_the_norm(operator):
    x = np.concatenate([latent(operator), np.ones_like(latent(operator)[:1])])
    bound, image = evaluate(lambda x: [norm(operator, 20), operator.forward(x)], x)
    gains = [np.linalg.norm(a) / np.linalg.norm(b) for a, b in zip(image, x)]
    assert max(gains) <= 1.02 * bound  # the estimate comes from below
    if isinstance(operator, Selection):
        assert bound == pytest.approx(1.0, rel=1e-4)


@pytest.mark.parametrize(
    "operator",
    [
        ReplicateBlur(kernel(4, 3), (7, 8)),
        SubsampledBlur(kernel(3, 3), (9, 8), 2),
        Mosaic((6, 7)),
    ],
    ids=lambda operator: type(operator).__name__,
)
def test_norm_is_the_largest_singular_value(operator):
    shape = observed(operator).shape[1:]
    basis = np.eye(np.prod(shape), dtype=np.float32).reshape((-1,) + shape)
    estimate, rows = evaluate(lambda r: [norm(operator, 60), operator.adjoint(r)], basis)
    expected = np.linalg.norm(rows.reshape(len(rows), -1), 2)
    assert estimate == pytest.approx(expected, rel=5e-3)
