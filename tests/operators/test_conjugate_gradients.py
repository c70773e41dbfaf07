"""Conjugate gradients in the space of the observation."""

import numpy as np
import tensorflow.compat.v1 as tf

from dmsp.operators import SpatialConvolution, ValidBlur
from dmsp.operators.conjugate_gradients import conjugate_gradients

KERNEL = np.array([[0.1, 0.2, 0.0], [0.3, 0.1, 0.3]], np.float32)


def solve(gram, u, weight, damping, start, steps):
    with tf.Graph().as_default(), tf.Session() as session:
        tensors = (tf.constant(t, tf.float32) for t in (u, weight, damping, start))
        u, weight, damping, start = tensors
        return session.run(conjugate_gradients(gram, u, weight, damping, start, steps))


def column(*values):
    return np.array(values, np.float32).reshape(-1, len(values), 1, 1)


def test_exact_in_as_many_steps_as_unknowns():
    def gram(u):
        matrix = tf.constant([[3.0, 1.0], [1.0, 2.0]])
        return tf.reshape(tf.matmul(matrix, tf.reshape(u, (2, 1))), (1, 2, 1, 1))

    # 2 G + I = [[7, 2], [2, 5]], of determinant 31
    for start in (column(0, 0), column(5, -3)):
        c = solve(gram, column(1, 2), 2.0, 1.0, start, 2)
        np.testing.assert_allclose(c.ravel(), [1 / 31, 12 / 31], rtol=1e-4)


def latent_iterates(matrix, b, x, steps):
    """The textbook's conjugate gradients, in float64."""
    r = b - matrix @ x
    p = r
    for _ in range(steps):
        length = r @ r / (p @ matrix @ p)
        x, last, r = x + length * p, r, r - length * matrix @ p
        p = r + r @ r / (last @ last) * p
    return x


def test_gives_the_iterates_of_the_latent_space():
    random = np.random.RandomState(0)
    a = random.standard_normal((5, 9))
    u, start = random.standard_normal((2, 5))

    def gram(c):
        matrix = tf.constant(a @ a.T, tf.float32)
        return tf.reshape(tf.matmul(matrix, tf.reshape(c, (5, 1))), (1, 5, 1, 1))

    for steps in (1, 2, 3):
        c = solve(gram, column(*u), 0.7, 0.4, column(*start), steps)
        expected = latent_iterates(0.7 * a.T @ a + 0.4 * np.eye(9), a.T @ u, a.T @ start, steps)
        np.testing.assert_allclose(a.T @ c.ravel(), expected, rtol=1e-3, atol=1e-4)


def test_every_picture_of_a_batch_is_solved_for_itself():
    damping = np.array([1.0, 100.0], np.float32).reshape(2, 1, 1, 1)
    u = np.random.RandomState(0).standard_normal((2, 5, 4, 1)).astype(np.float32)
    operator = ValidBlur(KERNEL, (6, 6), SpatialConvolution)
    both = solve(operator.gram, u, 1.0, damping, u, 3)
    alone = solve(operator.gram, u[:1], 1.0, damping[:1], u[:1], 3)
    np.testing.assert_allclose(both[:1], alone, rtol=1e-4, atol=1e-6)
