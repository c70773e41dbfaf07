"""Conjugate gradients in the space of the observation."""

import numpy as np

from dmsp.operators import SpatialConvolution, ValidBlur
from dmsp.operators.conjugate_gradients import Effort, conjugate_gradients
from dmsp.tensorflow import tf

KERNEL = np.array([[0.1, 0.2, 0.0], [0.3, 0.1, 0.3]], np.float32)


def solve(matrix, u, steps, precondition=lambda r: r, enough=0.0):
    with tf.Graph().as_default(), tf.Session() as session:
        u = tf.constant(u, tf.float32)
        return session.run(conjugate_gradients(matrix, precondition, u, Effort(steps, enough)))


def column(*values):
    return np.array(values, np.float32).reshape(-1, len(values), 1, 1)


def test_exact_in_as_many_steps_as_unknowns():
    def matrix(u):
        m = tf.constant([[7.0, 2.0], [2.0, 5.0]])  # of determinant 31
        return tf.reshape(tf.matmul(m, tf.reshape(u, (2, 1))), (1, 2, 1, 1))

    c = solve(matrix, column(1, 2), 2)
    np.testing.assert_allclose(c.ravel(), [1 / 31, 12 / 31], rtol=1e-4)


def test_one_step_is_enough_where_the_preconditioner_is_the_inverse():
    scales = np.array([1.0, 5.0, 50.0], np.float32).reshape(1, 3, 1, 1)

    def steps(precondition):
        c = solve(lambda u: (2 * scales + 1) * u, column(1, 2, 3), 1, precondition)
        return c.ravel()

    exact = np.array([1 / 3, 2 / 11, 3 / 101])
    np.testing.assert_allclose(steps(lambda r: r / (2 * scales + 1)), exact, rtol=1e-5)
    assert np.abs(steps(lambda r: r) - exact).max() > 0.1


def test_every_picture_of_a_batch_is_solved_for_itself():
    damping = np.array([1.0, 100.0], np.float32).reshape(2, 1, 1, 1)
    u = np.random.RandomState(0).standard_normal((2, 5, 4, 1)).astype(np.float32)
    operator = ValidBlur(KERNEL, (6, 6), SpatialConvolution)
    both = solve(lambda p: operator.gram(p) + damping * p, u, 3)
    alone = solve(lambda p: operator.gram(p) + damping[:1] * p, u[:1], 3)
    np.testing.assert_allclose(both[:1], alone, rtol=1e-4, atol=1e-6)


def test_steps_end_when_the_error_is_small_enough_each_pictures_at_its_own():
    scales = np.array([1.0, 5.0, 50.0], np.float32).reshape(1, 3, 1, 1)

    def solved(u, enough):
        return solve(lambda p: scales * p, u, 30, lambda r: r / 10, enough)

    loud, quiet = column(100, 200, 300), column(1, 2, 3)
    assert (solved(quiet, 1.0 + 0.4) == 0.0).all()  # r P r = (1 + 4 + 9) / 10 / 3 < 1.4
    assert (solved(quiet, 0.4) != 0.0).all()
    np.testing.assert_allclose(solved(loud, 1e-6), loud / scales, rtol=1e-3)
    both = solved(np.concatenate([loud, quiet]), 1.4)
    np.testing.assert_array_equal(both[1:], 0.0)
    np.testing.assert_allclose(both[:1], solved(loud, 1.4), rtol=1e-5)
