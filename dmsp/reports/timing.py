"""Quality against the solver's time, out of the runs' courses."""

import numpy as np

from dmsp.reports import folders
from dmsp.reports.plan import is_numeric, levels, rows

MOST_CURVES = 6


def series(runs, indices):
    """Return the parameter that a curve stands for: a choice among few, ``None`` without one."""
    for name in runs.swept:
        values = levels(runs, indices, name)
        if name not in runs.observed and not is_numeric(values) and 1 < len(values) <= MOST_CURVES:
            return name
    return None


def curves(runs, indices, name, value, series):
    """Return [(name of a curve, seconds, PSNR), …] of the best runs of a panel, in dB.

    Args:
        runs: :class:`dmsp.reports.runs.Runs`.
        indices: of the runs in the figure.
        name, value: the panel's parameter and its value there, ``None`` where all runs are in one.
        series: what :func:`series` returned.
    """
    table = rows(runs, indices, name, value).sort_values("psnr", ascending=False)
    table = table.drop_duplicates(series) if series else table.head(MOST_CURVES)
    found = []
    for index in table.index:
        course = _course(folders.courses(runs.runs[index]))
        if course is not None:
            prior = [name for name in runs.swept if name not in runs.observed]
            label = table.at[index, series] if series else runs.label(index, prior)
            found.append((label,) + course)
    return found


def _course(courses):
    """Return cumulative seconds and mean PSNR by iteration, of the iterations all pictures have."""
    length = min([len(course) for course in courses.values()], default=0)
    if length < 2:
        return None
    table = np.array([course[:length] for course in courses.values()])
    return np.cumsum(table[:, :, 2], axis=1).mean(axis=0) / 1e3, table[:, :, 1].mean(axis=0)
