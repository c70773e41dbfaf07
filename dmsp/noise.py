"""What a solver is told of the noise: its level, an estimate of it, or nothing."""

from typing import Callable, NamedTuple, Optional

import numpy as np

# Noise-free data still carry an error of their own, of rounding at least; it keeps λ finite.
SMALLEST_SIGMA = 0.5
BLOCK = 16  # pixels


class NoiseLevel(NamedTuple):
    """A way to tell the noise level.

    Attributes:
        name: what results call it.
        tell: standard deviation in grey levels for an observation (h, w, channels),
            ``None`` where the solver finds out itself.
    """

    name: str
    tell: Optional[Callable]


def known(sigma):
    """Return the true level.

    Args:
        sigma: σ_n in grey levels; taken as at least :data:`SMALLEST_SIGMA`.
    """
    return NoiseLevel("known", lambda observation: max(float(sigma), SMALLEST_SIGMA))


def estimated(sigma):
    """Return the level that :func:`estimate` finds in each observation."""
    del sigma
    return NoiseLevel("estimated", lambda observation: max(estimate(observation), SMALLEST_SIGMA))


def blind(sigma):
    """Return nothing: the solver goes by the residual, the paper's noise-adaptive rule."""
    del sigma
    return NoiseLevel("blind", None)


def estimate(observation):
    """Return the standard deviation of white noise in a picture, in grey levels.

    The second difference along both axes, ``D = [1 -2 1]ᵀ [1 -2 1]`` of norm 6,
    leaves little of a picture and all of the noise. Its root mean square over
    blocks of 16 by 16 pixels is lowest where the picture is smooth: the
    quantile of a tenth of the blocks is taken, and divided by what that
    quantile is for noise alone.

    Args:
        observation: (h, w, channels), grey levels; blocks with clipped values
            are left out, and a picture of less than three rows or columns gives 0.

    Source: the operator is Immerkær's, CVIU 64(2), 1996.
    """
    y = np.asarray(observation, np.float64)
    if min(y.shape[:2]) < 3:
        return 0.0
    rows = y[:-2] - 2 * y[1:-1] + y[2:]
    difference = rows[:, :-2] - 2 * rows[:, 1:-1] + rows[:, 2:]
    clipped = ((y <= y.min()) | (y >= y.max()))[1:-1, 1:-1]
    levels = [
        np.sqrt(np.mean(np.square(block))) / 6.0
        for block, lost in zip(_blocks(difference), _blocks(clipped))
        if np.mean(lost) < 0.05
    ]
    if not levels:
        return 0.0
    # Neighbouring values of D y share noise: its squared autocorrelation sums to (70 / 36)².
    independent = min(BLOCK, *difference.shape[:2]) ** 2 * y.shape[2] / (70.0 / 36.0) ** 2
    spread = 1.0 - 1.2816 / np.sqrt(2.0 * independent) if len(levels) > 1 else 1.0
    return float(np.quantile(levels, 0.1) / spread)


def _blocks(values):
    """Return the blocks of a table, whole ones only where there are any."""
    rows, columns = (max(n // BLOCK, 1) for n in values.shape[:2])
    return [
        values[BLOCK * i : BLOCK * (i + 1), BLOCK * j : BLOCK * (j + 1)]
        for i in range(rows)
        for j in range(columns)
    ]
