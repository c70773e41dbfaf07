"""What a solver is told of the noise."""

import numpy as np
import pytest

from dmsp import masks, noise
from dmsp.operators import Grey, Identity, Mosaic, ValidBlur


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


@pytest.mark.parametrize("keep", [0.95, 0.7, 0.4, 0.2])
@pytest.mark.parametrize("sigma", [5.1, 25.0])
def test_the_estimate_does_without_some_pixels(sigma, keep):
    observation = noisy(sigma, picture())
    observation[~masks.random(observation.shape[:2], keep)] = np.nan
    assert noise.estimate(observation) == pytest.approx(sigma, rel=0.15)


@pytest.mark.parametrize("pattern", ["RGGB", "XTRANS"])
def test_the_estimate_of_a_mosaic_looks_at_one_colour_at_a_time(pattern):
    operator = Mosaic((160, 200), pattern)
    clean = picture() * [1.0, 0.5, 0.3]
    y = np.sum(operator.measured * noisy(12.75, clean), axis=2, keepdims=True)
    assert noise.estimate(operator.planes(y)) == pytest.approx(12.75, rel=0.15)
    assert noise.estimate(y) > 20.0


def test_the_estimate_of_a_bayer_mosaic_sees_through_detail():
    y, x = np.mgrid[:160, :200]
    clean = (picture() + 12 * (np.sin(x / 1.2) * np.sin(y / 1.2))[..., None]) * [1, 0.8, 0.6]
    operator = Mosaic((160, 200), "GRBG")
    observation = np.sum(operator.measured * noisy(5.1, clean), axis=2, keepdims=True)
    apart = np.stack([observation[i::2, j::2, 0] for i in (0, 1) for j in (0, 1)], axis=2)
    found = noise.estimate(operator.planes(observation))
    assert 4.5 < found < 0.8 * noise.estimate(apart)


def test_a_blind_level_has_a_bound_where_values_are_selected():
    observation = noisy(5.1, picture())
    for operator in (Mosaic((8, 8)), Grey(Identity((8, 8)))):
        bound = noise.blind(0.0).level_for(operator)
        assert bound(observation) == pytest.approx(5.1, rel=0.06)
    blur = ValidBlur(np.full((3, 3), 1 / 9.0), (8, 8))
    assert noise.blind(0.0).level_for(blur) is None
    assert noise.known(7.0).level_for(blur)(observation) == 7.0


def test_compression_counts_as_noise_where_the_level_is_estimated():
    observation = noisy(3.0, picture())
    for operator in (ValidBlur(np.full((3, 3), 1 / 9.0), (8, 8)), Identity((8, 8))):
        assert noise.estimated(0.0).level_for(operator, 4.0)(observation) == pytest.approx(5, 0.04)
        assert noise.known(7.0).level_for(operator, 4.0)(observation) == 7.0
    assert noise.blind(0.0).level_for(Identity((8, 8)), 4.0)(observation) < 3.3


def test_noise_free_data_have_the_error_of_their_rounding():
    exact = picture()
    mosaic = np.where(np.eye(len(exact), exact.shape[1])[..., None] > 0, np.rint(exact), np.nan)
    for rounded in (np.rint(exact), mosaic):
        assert noise.known(0.0).tell(rounded) == pytest.approx(0.2887, rel=1e-3)
        assert noise.known(0.2).tell(rounded) == pytest.approx(0.2887, rel=1e-3)
        assert noise.known(0.4).tell(rounded) == 0.4
    sixteen_bits = np.rint(exact * 257.0) / 257.0
    for finer in (exact, sixteen_bits):
        assert noise.known(0.0).tell(finer) == noise.EXACT < 0.1
        assert noise.known(0.2).tell(finer) == 0.2


def test_levels():
    observation = noisy(5.1, picture())
    assert noise.known(7.0).tell(observation) == 7.0
    assert noise.known(0.0).tell(observation) == noise.EXACT
    assert noise.estimated(0.0).tell(observation) == pytest.approx(5.1, rel=0.06)
    assert noise.estimated(9.0).tell(np.full((40, 40, 3), 9.0)) == noise.SMALLEST_SIGMA
    assert noise.blind(5.0).tell is None
