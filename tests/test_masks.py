"""Masks: what they lose, and files that are none."""

import numpy as np
import pytest
from PIL import Image

from dmsp import masks
from dmsp.errors import UserError

SHAPE = (40, 56)


def test_random_keeps_the_share_exactly():
    mask = masks.random(SHAPE, keep=0.3)
    assert mask.shape == SHAPE and mask.dtype == bool
    assert mask.sum() == round(0.3 * 40 * 56)
    np.testing.assert_array_equal(mask, masks.random(SHAPE, keep=0.3))
    assert not np.array_equal(mask, masks.random(SHAPE, keep=0.3, seed=1))
    assert masks.random(SHAPE, keep=1).all()


def test_stripes_by_hand():
    mask = masks.stripes((7, 2), period=5, width=2, angle=0)
    assert mask[:, 0].tolist() == mask[:, 1].tolist()
    assert mask[:, 0].tolist() == [False, False, True, True, True, False, False]


def test_text_loses_some_of_every_line():
    mask = masks.text(SHAPE, size=10)
    assert 0.6 < mask.mean() < 0.95
    assert all(not line.all() for line in np.split(mask, 4))


def write(path, pixels):
    Image.fromarray(np.asarray(pixels)).save(str(path))
    return str(path)


def test_a_file_is_white_where_measured(tmp_path):
    mask = masks.random(SHAPE)
    one_bit = write(tmp_path / "a.png", mask)
    eight_bit = write(tmp_path / "b.png", np.repeat(255 * mask[:, :, None], 3, 2).astype(np.uint8))
    for path in (one_bit, eight_bit):
        np.testing.assert_array_equal(masks.from_file(SHAPE, path), mask)


@pytest.mark.parametrize(
    "pixels, message",
    [
        (np.full(SHAPE, 255, np.uint8) - np.eye(*SHAPE, dtype=np.uint8), "40 of 2240 pixels are"),
        (np.full(SHAPE + (3,), (0, 255, 255), np.uint8), "2240 of 2240 pixels are neither"),
        (np.full((40, 50), 255, np.uint8), "has 40 x 50 pixels and the picture 40 x 56"),
        (np.zeros(SHAPE, np.uint8), "leaves no pixel"),
    ],
)
def test_a_file_that_is_no_mask(tmp_path, pixels, message):
    path = write(tmp_path / "mask.png", pixels)
    with pytest.raises(UserError, match="mask.path=.*" + message) as error:
        masks.from_file(SHAPE, path)
    assert "\n" not in str(error.value)


def test_files_that_cannot_be_read(tmp_path):
    (tmp_path / "mask.png").write_text("no picture")
    for path, message in ((tmp_path / "mask.png", "no picture"), (tmp_path / "a", "no such file")):
        with pytest.raises(UserError, match=message):
            masks.from_file(SHAPE, str(path))


@pytest.mark.parametrize(
    "mask, options, key",
    [
        (masks.random, {"keep": 0}, "mask.keep"),
        (masks.random, {"keep": 1.5}, "mask.keep"),
        (masks.stripes, {"width": 16}, "mask.width"),
        (masks.text, {"size": 2}, "mask.size"),
        (masks.text, {"words": " "}, "mask.words"),
    ],
)
def test_values_that_make_no_mask(mask, options, key):
    with pytest.raises(UserError, match=key):
        mask(SHAPE, **options)
