"""What a solver is told of the noise."""

import numpy as np
import pytest

from dmsp import noise


def picture(rows=160, columns=200):
    y, x = np.mgrid[:rows, :columns]
    grey = 120 + 60 * np.sin(y / 9.0) + 40 * (x > 90)
    return np.repeat(grey[..., None], 3, axis=2)


def noisy(sigma, clean):
    return clean + sigma * np.random.RandomState(0).standard_normal(clean.shape)


@pytest.mark.parametrize("sigma", [1.0, 2.55, 5.1, 12.75, 50.0])
def test_the_estimate_is_near_the_truth(sigma):
    assert noise.estimate(noisy(sigma, picture())) == pytest.approx(sigma, rel=0.06, abs=0.15)


@pytest.mark.parametrize("size", [(3, 3), (5, 40), (16, 16), (18, 18)])
def test_small_pictures_have_an_estimate_too(size):
    assert 1.0 < noise.estimate(noisy(5.0, np.full(size + (3,), 100.0))) < 10.0


def test_what_cannot_tell_gives_nothing():
    assert noise.estimate(np.zeros((2, 9, 3))) == 0.0
    assert noise.estimate(np.zeros((40, 40, 3))) == 0.0


def test_clipped_blocks_are_left_out():
    clean = picture()
    clean[:80] = 300.0
    clipped = np.clip(noisy(5.0, clean), 0, 255)
    assert noise.estimate(clipped) == pytest.approx(5.0, rel=0.1)


def test_levels():
    observation = noisy(5.1, picture())
    assert noise.known(7.0).tell(observation) == 7.0
    assert noise.known(0.0).tell(observation) == noise.SMALLEST_SIGMA
    assert noise.estimated(0.0).tell(observation) == pytest.approx(5.1, rel=0.06)
    assert noise.estimated(9.0).tell(np.full((40, 40, 3), 9.0)) == noise.SMALLEST_SIGMA
    assert noise.blind(5.0).tell is None
