"""Whether one run is better than another, or only luckier: paired over the pictures."""

from typing import NamedTuple, Tuple

import numpy as np

RESAMPLES = 10000
FEWEST = 6  # pictures; of fewer, no ranks reach a p-value below 0.05
BLOCK = 1 << 22


class Difference(NamedTuple):
    """The difference of two runs on the same pictures.

    Attributes:
        mean: of the differences.
        interval: 95 % bootstrap percentile interval of it, NaN for one picture.
        wilcoxon: p-value of the signed-rank test, two-sided; NaN where undefined.
        t_test: p-value of the paired t-test, two-sided; NaN where undefined.
        pictures: how many both have.
        wins: on how many of them the first is better.
    """

    mean: float
    interval: Tuple[float, float]
    wilcoxon: float
    t_test: float
    pictures: int
    wins: int

    @property
    def verdict(self):
        """The outcome in a word or two."""
        if self.pictures < FEWEST:
            return "too few pictures"
        if not self.wilcoxon < 0.05:
            return "not significant"
        return "better" if self.mean > 0 else "worse"


def difference(first, second):
    """Return the :class:`Difference` first − second.

    Args:
        first: figure of each picture.
        second: those of the same pictures, in the same order.

    Source: Efron and Tibshirani, An Introduction to the Bootstrap, 1993, section 13.3;
    Wilcoxon, Biometrics Bulletin 1(6), 1945.
    """
    differences = np.asarray(first, np.float64) - np.asarray(second, np.float64)
    return Difference(
        mean=float(differences.mean()),
        interval=_interval(differences),
        wilcoxon=_wilcoxon(differences),
        t_test=_t_test(differences),
        pictures=len(differences),
        wins=int((differences > 0).sum()),
    )


def paired(first, second, figure="psnr"):
    """Return the values of the pictures that two runs share.

    Args:
        first: {picture: {figure: number}}.
        second: the same of the other run.
        figure: ``psnr`` or ``ssim``.

    Returns:
        two lists.
    """
    shared = [name for name in first if figure in first[name] and figure in second.get(name, {})]
    return [first[name][figure] for name in shared], [second[name][figure] for name in shared]


def within_errors(values):
    """Return the standard errors of runs' means, differences between pictures removed.

    ``s_j = sqrt(C / (C - 1)) · std_i(y_ij − mean_j(y_ij)) / sqrt(N)`` for C runs on N
    pictures: what is the same for all runs, how hard a picture is, does not count.

    Args:
        values: (N, C) figures.

    Returns:
        (C,), NaN for one picture; the plain standard error for one run.

    Source: Morey, Tutorials in Quantitative Methods for Psychology 4(2), 2008.
    """
    values = np.asarray(values, np.float64)
    count, runs = values.shape
    if count < 2:
        return np.full(runs, np.nan)
    factor = 1.0
    if runs > 1:
        values = values - values.mean(axis=1, keepdims=True)
        factor = np.sqrt(runs / (runs - 1.0))
    return factor * values.std(axis=0, ddof=1) / np.sqrt(count)


def _interval(differences):
    count = len(differences)
    if count < 2:
        return float("nan"), float("nan")
    rng = np.random.default_rng(0)
    means = []
    for start in range(0, RESAMPLES, max(1, BLOCK // count)):
        size = min(max(1, BLOCK // count), RESAMPLES - start)
        means.append(differences[rng.integers(0, count, (size, count))].mean(axis=1))
    low, high = np.percentile(np.concatenate(means), [2.5, 97.5])
    return float(low), float(high)


def _wilcoxon(differences):
    from scipy.stats import wilcoxon

    if len(differences) < 2 or not differences.any():
        return float("nan")
    return float(wilcoxon(differences[differences != 0])[1])


def _t_test(differences):
    from scipy.stats import ttest_1samp

    if len(differences) < 2 or np.ptp(differences) == 0:
        return float("nan")
    return float(ttest_1samp(differences, 0.0)[1])
