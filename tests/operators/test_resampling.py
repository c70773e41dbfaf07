"""Interpolation against values worked out by hand."""

import numpy as np
import pytest
from PIL import Image

from dmsp.operators.resampling import cubic, imresize_matrix, interpolation_matrix, linear


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


def test_imresize_by_half_by_hand():
    # cubic(1/4), cubic(3/4), cubic(5/4), cubic(7/4), halved
    half = [0.43359375, 0.11328125, -0.03515625, -0.01171875]
    matrix = imresize_matrix(16, 0.5)
    assert matrix.shape == (8, 16)
    np.testing.assert_allclose(matrix[3, 3:11], half[::-1] + half, atol=1e-7)
    # The first one reaches three pixels out; mirrored they are the first three.
    first = [
        0.43359375 + 0.11328125,
        0.43359375 - 0.03515625,
        0.11328125 - 0.01171875,
        -0.03515625,
        -0.01171875,
    ]
    np.testing.assert_allclose(matrix[0], first + [0] * 11, atol=1e-7)


@pytest.mark.parametrize("scale", [1 / 2.0, 1 / 3.0, 1 / 4.0, 1 / 7.0, 2.0, 3.0])
def test_imresize_keeps_flat_pictures_and_slopes(scale):
    matrix = imresize_matrix(84, scale)
    assert len(matrix) == round(84 * scale)
    np.testing.assert_allclose(matrix.sum(1), 1.0, atol=1e-6)
    slope = matrix @ np.arange(84)
    centres = (np.arange(len(matrix)) + 0.5) / scale - 0.5
    inside = slice(len(matrix) // 4, 3 * len(matrix) // 4)
    np.testing.assert_allclose(slope[inside], centres[inside], atol=0.02)


def test_imresize_is_interpolation_when_it_enlarges():
    matrix = imresize_matrix(9, 2.0)
    inside = interpolation_matrix(9, (np.arange(18) + 0.5) / 2 - 0.5, cubic)
    np.testing.assert_allclose(matrix[3:-3], inside[3:-3], atol=1e-7)


@pytest.mark.parametrize("scale", [2, 3, 4])
def test_imresize_is_pillow_inside(scale):
    """Pillow has the same antialiased kernel; at the sides it leaves out what is not there."""
    x = np.random.RandomState(0).uniform(0, 255, (60, 84)).astype(np.float32)
    size = (84 // scale, 60 // scale)
    expected = np.asarray(Image.fromarray(x).resize(size, Image.BICUBIC))
    image = imresize_matrix(60, 1.0 / scale) @ x @ imresize_matrix(84, 1.0 / scale).T
    np.testing.assert_allclose(image[3:-3, 3:-3], expected[3:-3, 3:-3], atol=1e-3)
