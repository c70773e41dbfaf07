"""Interpolation against values worked out by hand."""

import numpy as np
import pytest

from dmsp.operators.resampling import cubic, interpolation_matrix, linear


@pytest.mark.parametrize("kernel", [linear, cubic])
def test_samples_are_kept_and_rows_sum_to_one(kernel):
    matrix = interpolation_matrix(5, [0, 1, 2, 3, 4, 1.3, 3.9], kernel)
    np.testing.assert_allclose(matrix[:5], np.eye(5), atol=1e-7)
    np.testing.assert_allclose(matrix.sum(1), 1.0, atol=1e-6)


def test_linear_by_hand():
    np.testing.assert_allclose(interpolation_matrix(3, [0.25], linear), [[0.75, 0.25, 0]])


def test_cubic_by_hand():
    half = interpolation_matrix(4, [1.5], cubic)
    np.testing.assert_allclose(half, [[-0.0625, 0.5625, 0.5625, -0.0625]])


def test_beyond_the_ends_is_the_value_at_the_end():
    matrix = interpolation_matrix(3, [-2.0, 7.5], cubic)
    np.testing.assert_allclose(matrix, [[1, 0, 0], [0, 0, 1]], atol=1e-7)
