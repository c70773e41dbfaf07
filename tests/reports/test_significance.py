"""Differences of runs, paired over the pictures."""

import math

import numpy as np
import pytest

from dmsp.reports import significance


def test_small_but_steady_difference_is_found_between_unlike_pictures():
    rng = np.random.default_rng(1)
    hardness = rng.uniform(20, 35, 30)
    gain = rng.normal(0.1, 0.05, 30)
    found = significance.difference(hardness + gain, hardness)
    assert found.mean == pytest.approx(gain.mean())
    low, high = found.interval
    error = gain.std(ddof=1) / np.sqrt(30)
    assert low == pytest.approx(gain.mean() - 1.96 * error, abs=0.2 * error)
    assert high == pytest.approx(gain.mean() + 1.96 * error, abs=0.2 * error)
    assert found.wilcoxon < 1e-4 and found.t_test < 1e-4
    assert (found.verdict, found.wins) == ("better", (gain > 0).sum())
    assert significance.difference(hardness, hardness + gain).verdict == "worse"


def test_luck_is_not_significance():
    rng = np.random.default_rng(2)
    found = significance.difference(rng.normal(30, 1, 20), rng.normal(30, 1, 20))
    assert found.interval[0] < 0 < found.interval[1]
    assert found.wilcoxon > 0.05 and found.verdict == "not significant"


def test_textbook_example():
    """Darwin's plants: t = 2.148 on 14 degrees of freedom, p = 0.0497; W = 24, p = 0.0413."""
    eighths = [49, -67, 8, 16, 6, 23, 28, 41, 14, 29, 56, 24, 75, 60, -48]
    found = significance.difference(eighths, np.zeros(15))
    assert found.t_test == pytest.approx(0.0497, abs=1e-4)
    assert found.wilcoxon == pytest.approx(0.0413, abs=1e-4)


def test_too_few_pictures():
    assert significance.difference([30, 31, 32], [1, 2, 4]).verdict == "too few pictures"
    alone = significance.difference([30], [29])
    assert alone.mean == 1 and math.isnan(alone.interval[0]) and math.isnan(alone.wilcoxon)
    same = significance.difference([30, 31] * 4, [30, 31] * 4)
    assert math.isnan(same.wilcoxon) and same.verdict == "not significant"


def test_pictures_are_paired_by_name():
    first = {"a": {"psnr": 1.0}, "b": {"psnr": 2.0}, "c": {"psnr": 3.0}}
    second = {"c": {"psnr": 30.0}, "a": {"psnr": 10.0}, "b": {"ssim": 1.0}}
    assert significance.paired(first, second) == ([1.0, 3.0], [10.0, 30.0])


def test_error_bars_leave_out_how_hard_a_picture_is():
    rng = np.random.default_rng(0)
    noise = rng.normal(0, 0.1, (200, 4))
    hardness = rng.uniform(20, 35, (200, 1))
    errors = significance.within_errors(hardness + noise)
    np.testing.assert_allclose(errors, 0.1 / np.sqrt(200), rtol=0.15)
    plain = significance.within_errors(hardness)
    assert plain[0] == pytest.approx(hardness.std(ddof=1) / np.sqrt(200))
    assert np.isnan(significance.within_errors([[1.0, 2.0]])).all()
