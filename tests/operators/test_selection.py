"""Masks and mosaics: what is measured, and how the rest is filled in."""

import numpy as np
import pytest
from scipy.ndimage import convolve
from test_operators import evaluate

from dmsp.errors import UserError
from dmsp.operators import Grey, Identity, Mask, Mosaic
from dmsp.operators.filling import NormalisedConvolution

SHAPE = (9, 11)


def picture(shape=SHAPE):
    return np.random.RandomState(0).uniform(0, 255, (1,) + shape + (3,)).astype(np.float32)


def test_mask_observes_the_kept_pixels_in_reading_order():
    mask = np.array([[True, False, True], [False, True, False]])
    x = picture((2, 3))
    operator = Mask(mask)
    y = evaluate(operator.forward, x)
    np.testing.assert_array_equal(y[0, :, 0], x[0][[0, 0, 1], [0, 2, 1]])
    np.testing.assert_array_equal(operator.display(y[0]), x[0] * mask[:, :, None])


def test_mosaic_by_hand():
    x = np.zeros((1, 4, 4, 3), np.float32) + [1.0, 2.0, 3.0]
    patterns = {"RGGB": [1, 2, 2, 3], "GRBG": [2, 1, 3, 2], "GBRG": [2, 3, 1, 2]}
    patterns["BGGR"] = [3, 2, 2, 1]
    for pattern, colours in patterns.items():
        y = evaluate(Mosaic((4, 4), pattern).forward, x)[0, :, :, 0]
        np.testing.assert_array_equal(y, np.tile(np.reshape(colours, (2, 2)), (2, 2)))


def test_xtrans_has_every_colour_in_each_row_and_column():
    letters = Mosaic((6, 6), "xtrans").measured
    assert letters.sum(axis=(0, 1)).tolist() == [8, 20, 8]
    for axis in (0, 1):
        assert letters.any(axis=axis).all()
        # Half a period on, red and blue have changed places.
        np.testing.assert_array_equal(np.roll(letters, 3, axis), letters[:, :, ::-1])


def test_a_pattern_comes_from_a_file(tmp_path):
    path = tmp_path / "pattern.txt"
    path.write_text("G R\nb g\n\n")
    x = picture()
    named, read = evaluate(
        lambda x: [Mosaic(SHAPE, "GRBG").forward(x), Mosaic(SHAPE, str(path)).forward(x)], x
    )
    np.testing.assert_array_equal(named, read)


@pytest.mark.parametrize(
    "text, message",
    [
        ("RG\nG", "rows of one length"),
        ("RG\nGG", "rows of one"),
        ("RGX\nBBB", "rows of one"),
        ("", ""),
    ],
)
def test_a_file_that_is_no_pattern(tmp_path, text, message):
    path = tmp_path / "pattern.txt"
    path.write_text(text)
    with pytest.raises(UserError, match="task.pattern=.*" + message):
        Mosaic(SHAPE, str(path))


def test_patterns_that_cannot_be():
    with pytest.raises(UserError, match="task.pattern=RGBG: .*did you mean 'RGGB'"):
        Mosaic(SHAPE, "RGBG")
    with pytest.raises(UserError, match="does not hold all three colours"):
        Mosaic((1, 8), "RGGB")


@pytest.mark.parametrize("pattern", ["RGGB", "GRBG"])
def test_bayer_is_filled_bilinearly(pattern):
    """Against the two kernels of the textbooks; at the sides what there is of them counts."""
    operator = Mosaic(SHAPE, pattern)
    x = picture()
    filled = evaluate(lambda x: operator.initial(operator.forward(x)), x)[0]
    cross = np.array([[0, 1, 0], [1, 4, 1], [0, 1, 0]]) / 4.0
    square = np.array([[1, 2, 1], [2, 4, 2], [1, 2, 1]]) / 4.0
    for channel, kernel in enumerate((square, cross, square)):
        measured = operator.measured[:, :, channel]
        values, weights = (
            convolve(table, kernel, mode="constant")
            for table in (measured * x[0, :, :, channel], measured)
        )
        np.testing.assert_allclose(filled[:, :, channel], values / weights, rtol=1e-5)


def test_a_single_pixel_fills_everything():
    measured = np.zeros((30, 40), bool)
    measured[3, 38] = True
    y = np.zeros((1, 30, 40, 3), np.float32)
    y[0, 3, 38] = 7.0, 8.0, 9.0
    filled = evaluate(NormalisedConvolution(measured), y)
    np.testing.assert_allclose(filled, np.broadcast_to(y[:, 3:4, 38:39], y.shape), rtol=1e-5)


def test_what_is_measured_stays():
    mask = np.random.RandomState(1).rand(*SHAPE) < 0.3
    x = picture()
    operator = Mask(mask)
    filled = evaluate(lambda x: operator.initial(operator.forward(x)), x)
    np.testing.assert_array_equal(filled[0][mask], x[0][mask])


def test_the_share_of_noisy_values_is_that_around_a_measured_one():
    scattered = np.random.RandomState(0).rand(60, 60) < 0.3
    hole = np.ones((60, 60), bool)
    hole[20:50, 15:45] = False
    assert Mask(scattered).noisy == pytest.approx(0.3 + 0.7 / 49, abs=0.02)
    assert Mask(hole).noisy > 0.95 > 0.8 > Mask(hole).coverage
    assert Mosaic((12, 12), "RGGB").noisy == pytest.approx(1 / 3.0)
    assert Grey(Mask(hole)).noisy == Mask(hole).noisy
    assert Mask(hole).part((10, 10), (20, 20)).noisy == Mask(hole).noisy
    assert Identity((4, 4)).noisy == 1.0


def test_planes_have_one_colour_or_holes():
    y = np.arange(5 * 7, dtype=np.float32).reshape(5, 7, 1)
    planes = Mosaic((5, 7), "RGGB").planes(y)
    assert planes.shape == (4, 6, 2)
    # Sums with the neighbour in the row, 9 + 10, and in the column, 9 + 16.
    np.testing.assert_allclose(planes[1, 2], np.sqrt(1.5) * np.array([19.0, 25.0]))
    letters = Mosaic((12, 12), "XTRANS")
    green = letters.planes(letters.measured[:, :, 1:2])
    assert green.shape == (4, 4, 5) and green.all()
    holes = Mask(np.array([[True, False]])).planes(np.full((1, 1, 3), 4.0, np.float32))
    np.testing.assert_array_equal(holes, [[[4.0] * 3, [np.nan] * 3]])
