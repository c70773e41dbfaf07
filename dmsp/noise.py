"""What a solver is told of the noise: its level, an estimate of it, or nothing."""

from typing import Callable, NamedTuple, Optional

import numpy as np

SMALLEST_SIGMA = 0.5  # grey levels; nobody finds out, and no denoiser removes, less noise
# The error of noise-free data: of whole grey levels that of rounding, else what keeps λ finite.
ROUNDING, EXACT = 12.0**-0.5, 0.05
BLOCK = 8  # pixels
SPARSE = 0.2  # share of differences below which there are too few


class NoiseLevel(NamedTuple):
    """A way to tell the noise level.

    Attributes:
        name: what results call it.
        tell: standard deviation in grey levels for an observation (h, w, channels),
            ``None`` where the solver finds out itself.
        most: where it does, what it takes at most, likewise.
        exact: whether what it tells is the level, and not an estimate of it.
    """

    name: str
    tell: Optional[Callable]
    most: Optional[Callable] = None
    exact: bool = True

    def level_for(self, operator, compression=0.0):
        """Return the function of an observation that a solver needs, ``None`` if none.

        A highest level is needed where A only selects values, see
        :class:`dmsp.objective.BlindNoise`. To an estimate the error of compression is added, which
        an inversion amplifies as it does noise, and of which the observation shows next to nothing.

        Args:
            operator: A.
            compression: standard deviation of that error in grey levels, see
                :class:`dmsp.images.Form`.
        """
        tell = self.tell or (self.most if operator.selects else None)
        if self.exact or not compression:
            return tell
        return lambda observation: float(np.hypot(tell(observation), compression))

    def by_residual(self, operator):
        """Whether the solver goes by the residual too, see :func:`dmsp.objective.told`."""
        return self.tell is None or not (self.exact or operator.kernel is None)


def known(sigma):
    """Return the true level.

    Args:
        sigma: σ_n in grey levels; taken as at least the observation's own :func:`error`.
    """
    return NoiseLevel("known", lambda observation: max(float(sigma), error(observation)))


def estimated(sigma):
    """Return the level that :func:`estimate` finds in each observation.

    See :class:`dmsp.objective.EstimatedNoise` for what a solver makes of it.
    """
    del sigma
    return NoiseLevel(
        "estimated",
        lambda observation: max(estimate(observation), SMALLEST_SIGMA),
        exact=False,
    )


def blind(sigma):
    """Return nothing: the solver goes by the residual, see :class:`dmsp.objective.BlindNoise`.

    Where the residual holds detail too, :func:`estimate` bounds it from above.
    """
    del sigma
    return NoiseLevel("blind", None, estimate)


def error(observation):
    """Return the standard deviation of an observation's own error without noise, in grey levels.

    Args:
        observation: (h, w, channels), grey levels, NaN where nothing is known; whole numbers
            throughout were rounded, with an error that is uniform from -1/2 to 1/2.
    """
    values = observation[np.isfinite(observation)]
    return ROUNDING if np.array_equal(values, np.rint(values)) else EXACT


def estimate(observation):
    """Return the standard deviation of white noise in a picture, in grey levels.

    The second difference along both axes, :func:`second_difference`, leaves little
    of a picture and all of the noise. Its root mean square over blocks of 8 by 8 pixels is
    lowest where the picture is smooth: the quantile of a twentieth of the blocks is taken, and
    divided by what that quantile is for noise alone. Where too few differences have all
    their nine pixels, those along one axis are taken, over larger blocks; they leave more
    of the picture, and the estimate is too high for little noise.

    Args:
        observation: (h, w, channels), grey levels, NaN where nothing is known;
            blocks with clipped values are left out, and a picture of less than
            three rows or columns gives 0.

    Source: the operator is Immerkær's, CVIU 64(2), 1996.
    """
    y = np.asarray(observation, np.float64)
    if min(y.shape[:2]) < 3:
        return 0.0
    differences, correlation = _differences(y)
    known = np.isfinite(differences)
    side = int(BLOCK / np.sqrt(max(np.mean(known), SPARSE**2))) if not known.all() else BLOCK
    clipped = ((y <= np.nanmin(y)) | (y >= np.nanmax(y)))[1:-1, 1:-1]
    parts = [
        block[np.isfinite(block)]
        for block, lost in zip(_blocks(differences, side), _blocks(clipped, side))
        if np.mean(lost) < 0.05
    ]
    parts = [part for part in parts if part.size]
    if not parts:
        return 0.0
    levels = [np.sqrt(np.mean(np.square(part))) for part in parts]
    independent = np.median([part.size for part in parts]) / correlation
    spread = 1.0 - 1.645 / np.sqrt(2.0 * independent) if len(levels) > 1 else 1.0
    return float(np.quantile(levels, 0.05) / spread)


def second_difference(y):
    """Return ``D y``, with ``D = [1 -2 1]ᵀ [1 -2 1] / 6``, which is of unit gain for white noise.

    Args:
        y: array or tensor (..., h, w, channels); of less than three rows or columns, D is
            the identity.

    Returns:
        (..., h - 2, w - 2, channels).
    """
    if min(y.shape[-3:-1]) < 3:
        return y
    return _along_columns(_along_rows(y)) / 6.0


def _along_rows(y):
    return y[..., :-2, :, :] - 2.0 * y[..., 1:-1, :, :] + y[..., 2:, :, :]


def _along_columns(y):
    return y[..., :-2, :] - 2.0 * y[..., 1:-1, :] + y[..., 2:, :]


def _differences(y):
    """Return differences of unit gain for white noise, NaN where a pixel is not known.

    Also the sum of their squared autocorrelation: neighbouring ones share noise,
    and so many count as one.
    """
    both = second_difference(y)
    if np.mean(np.isfinite(both)) > SPARSE:
        return both, (70.0 / 36.0) ** 2
    one = [_along_rows(y)[:, 1:-1], _along_columns(y)[1:-1]]
    one = np.concatenate(one, axis=2) / np.sqrt(6.0)
    return one, 70.0 / 36.0


def _blocks(values, side):
    """Return the blocks of a table, whole ones only where there are any."""
    rows, columns = (max(n // side, 1) for n in values.shape[:2])
    return [
        values[side * i : side * (i + 1), side * j : side * (j + 1)]
        for i in range(rows)
        for j in range(columns)
    ]
