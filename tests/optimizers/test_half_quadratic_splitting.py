"""Half-quadratic splitting: its data step, its levels and its extrapolation."""

import numpy as np
import pytest

from dmsp import kernels
from dmsp.objective import KnownNoise, Problem
from dmsp.operators import (
    FourierConvolution,
    Grey,
    Mosaic,
    Operator,
    SpatialConvolution,
    SubsampledBlur,
    ValidBlur,
)
from dmsp.operators.conjugate_gradients import Effort
from dmsp.optimizers import HalfQuadraticSplitting
from dmsp.optimizers.data_step import data_step
from dmsp.optimizers.hqs import last
from dmsp.tensorflow import tf


class Doubling(Operator):
    """``A x = 2 x``."""

    def forward(self, x):
        return 2.0 * x

    def adjoint(self, r):
        return 2.0 * r


@pytest.mark.parametrize("begin", [0.0, 7.0])
def test_the_data_step_weighs_the_observation_against_the_anchor(begin):
    with tf.Graph().as_default(), tf.Session() as session:
        y, anchor, start = (tf.fill((2, 1, 1, 1), value) for value in (10.0, 1.0, begin))
        problem = Problem(Doubling(), y, None, 1.0, KnownNoise(1.0), None)
        # (3 * 4 + 2) v = 3 * 2 * 10 + 2 * 1 and c = 3 / 2 (y - 2 v)
        solved = data_step(problem, anchor, 3.0, 2.0, (start, 2.0 * start), Effort(1))
        v, correction, shift = session.run(solved)
    np.testing.assert_allclose(v.ravel(), 2 * [62.0 / 14.0], rtol=1e-6)
    np.testing.assert_allclose(correction.ravel(), 2 * [1.5 * (10 - 124 / 14.0)], rtol=1e-5)
    np.testing.assert_allclose(shift, 2.0 * correction, rtol=1e-5)


@pytest.mark.parametrize("kind", ["colour", "grey", "samples"])
def test_what_a_data_step_leaves_tells_the_noise_that_it_had(kind):
    kernel = kernels.gaussian(1.6)
    if kind == "samples":
        operator = SubsampledBlur(kernel, (106, 106), 2, FourierConvolution)
    else:
        operator = ValidBlur(kernel, (106, 106), FourierConvolution)
    operator = Grey(operator) if kind == "grey" else operator
    shape = (1,) + tuple(operator.observed_shape) + (operator.observed_channels,)
    noise = 5.0 * np.random.RandomState(3).randn(*shape)
    with tf.Graph().as_default(), tf.Session() as session:
        y = tf.constant(noise.astype(np.float32))
        problem = Problem(operator, y, None, 11.0, KnownNoise(5.0), None)
        state = HalfQuadraticSplitting(accuracy=0.01).init(problem, tf.zeros((1, 106, 106, 3)))
        found = session.run(last(operator, state))
    assert found.unseen.item() == pytest.approx(25.0, rel=0.1)
    assert (found.removable.item(), found.variance.item()) == (0.0, 25.0)


def test_levels_fall_geometrically_from_and_to_what_the_blur_amplifies():
    kernel = np.full((4, 4), 1 / 16.0, np.float32)  # of energy 1/16: amplified by two
    operator = ValidBlur(kernel, (8, 8), SpatialConvolution)
    with tf.Graph().as_default(), tf.Session() as session:
        y = tf.zeros((1, 5, 5, 3))
        problem = Problem(operator, y, None, 10.0, KnownNoise(5.0), None)
        optimizer = HalfQuadraticSplitting(sigma_start=2.0, sigma_end=1.0, beta=0.5, num_iter=3)
        levels = [optimizer.levels(problem, tf.zeros((1, 8, 8, 3)), k) for k in range(4)]
        optimizer.sigma_power = 2.0
        slow = optimizer.levels(problem, tf.zeros((1, 8, 8, 3)), 1)
        levels, slow = session.run([levels, slow.sigma])
    np.testing.assert_allclose(
        [np.squeeze(level.sigma) for level in levels], [40, 20, 10, 10], 1e-5
    )
    np.testing.assert_allclose(slow, 40 * 0.25**0.25, 1e-5)  # half the way, squared
    np.testing.assert_allclose(np.squeeze(levels[1].damping), 0.5 / 400, 1e-5)
    np.testing.assert_allclose(np.squeeze(levels[1].weight), 1 / 25.0, 1e-5)


def test_where_some_values_are_measured_the_last_level_is_the_root_mean_square_of_their_noise():
    optimizer = HalfQuadraticSplitting(sigma_start=2.5, sigma_end=1.0, beta=0.5, num_iter=3)
    with tf.Graph().as_default(), tf.Session() as session:
        last = []
        for sigma in (5.0, 90.0):
            operator = Mosaic((6, 6))  # a third of them
            y = tf.zeros((1, 6, 6, 1))
            problem = Problem(operator, y, None, 10.0, KnownNoise(sigma), None)
            last.append(optimizer.levels(problem, tf.zeros((1, 6, 6, 3)), 2).sigma)
        last = np.ravel(session.run(last))
    np.testing.assert_allclose(last, [5.0 / 3**0.5, 90.0 / 3**0.5], 1e-5)  # the first level is 25


@pytest.mark.parametrize(
    "convolution, weight", [(FourierConvolution, 100.0), (SpatialConvolution, 4.0)]
)
def test_noise_that_no_denoiser_removes_weighs_the_data_and_ends_at_no_lower_level(
    convolution, weight
):
    """Where the data step is solved: without loops its steps are too few."""
    operator = ValidBlur(np.full((4, 4), 1 / 16.0, np.float32), (8, 8), convolution)
    optimizer = HalfQuadraticSplitting(sigma_end=1.0, beta=0.5, num_iter=3)
    with tf.Graph().as_default(), tf.Session() as session:
        y = tf.zeros((1, 5, 5, 3))
        problem = Problem(operator, y, None, 10.0, KnownNoise(0.1), None)
        last = session.run(optimizer.levels(problem, tf.zeros((1, 8, 8, 3)), 2))
    np.testing.assert_allclose(np.squeeze(last.weight), weight, 1e-5)
    np.testing.assert_allclose(np.squeeze(last.sigma), 2.0 * 0.5, 1e-5)


def test_the_extrapolation_goes_in_a_line_from_its_first_to_its_last_value():
    operator = ValidBlur(np.ones((1, 1), np.float32), (4, 4), SpatialConvolution)
    optimizer = HalfQuadraticSplitting(
        extrapolation=0.6, extrapolation_end=0.2, beta=1e6, num_iter=3
    )
    with tf.Graph().as_default(), tf.Session() as session:
        y = tf.zeros((1, 4, 4, 3))
        problem = Problem(operator, y, lambda v, sigma: v, 10.0, KnownNoise(5.0), None)
        state = optimizer.init(problem, y)._replace(x=tf.fill(y.shape, 30.0))
        after = session.run([optimizer.step(problem, state, k).x for k in range(4)])
    # The prior outweighs the data, so that the anchor is all there is: 30 + γ (30 - 0).
    np.testing.assert_allclose([x.mean() for x in after], [48, 42, 36, 36], rtol=1e-3)


def test_a_data_step_comes_as_near_as_the_level_asks_where_few_steps_do_not():
    falloff = np.exp(-np.square(np.arange(-4, 5) / 1.6) / 2)
    kernel = np.outer(falloff, falloff).astype(np.float32) / falloff.sum() ** 2
    operator = ValidBlur(kernel, (40, 40), FourierConvolution)
    truth = np.random.RandomState(0).uniform(0, 255, (1, 40, 40, 3)).astype(np.float32)

    def first_step(**options):
        """Return the level, and where the data step before the first iteration leads."""
        optimizer = HalfQuadraticSplitting(beta=0.1, **options)
        with tf.Graph().as_default(), tf.Session() as session:
            y, x0 = operator.forward(tf.constant(truth)), tf.fill(truth.shape, 128.0)
            problem = Problem(operator, y, None, 11.0, KnownNoise(0.5), None)
            level = optimizer.levels(problem, x0, 0).sigma
            return session.run([level, x0 + optimizer.init(problem, x0).shift])

    _, exact = first_step(accuracy=1e-4, steps=300)
    level, found = first_step()
    _, few = first_step(steps=3)
    errors = [np.sqrt(np.mean(np.square(v - exact))) / np.squeeze(level) for v in (found, few)]
    assert errors[0] < 0.25 and errors[1] > 0.5  # 0.2, as the preconditioner estimates it
