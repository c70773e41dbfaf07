"""Quality against the solver's time, out of the runs' courses."""

from typing import Any, List, NamedTuple

import numpy as np

from dmsp.reports import folders
from dmsp.reports.plan import is_choice, levels, rows

MOST_CURVES = 6


class Curve(NamedTuple):
    """A run's course: its name, cumulative seconds a picture, and mean PSNR in dB."""

    name: Any
    seconds: Any
    psnr: Any


class Panel(NamedTuple):
    """A panel's value of its parameter, the observations in words, and its curves."""

    value: Any
    problem: str
    curves: List[Curve]


def series(runs, indices):
    """Return the parameter that a curve stands for: a choice among few, ``None`` without one."""
    for name in runs.swept:
        values = levels(runs, indices, name)
        if name not in runs.observed and is_choice(values) and 1 < len(values) <= MOST_CURVES:
            return name
    return None


def panels(runs, indices, name, series):
    """Return the :class:`Panel` of each value that has a curve, of its first observations.

    Args:
        runs: :class:`dmsp.reports.runs.Runs`.
        indices: of the runs in the figure.
        name: the panels' parameter, ``None`` where all runs are in one.
        series: what :func:`series` returned.
    """
    found = []
    for value in levels(runs, indices, name) if name else [None]:
        table = rows(runs, indices, name, value)
        first = table[table["problem"] == table["problem"].min()]
        told = [n for n in runs.observed if n != name and table[n].nunique(dropna=False) > 1]
        curves = _curves(runs, first, series)
        if curves:
            words = runs.label(first.index[0], told) if told else ""
            found.append(Panel(value, words, curves))
    return found


def _curves(runs, table, series):
    """Return the curves of the best runs of a panel."""
    table = table.sort_values("psnr", ascending=False)
    table = table.drop_duplicates(series) if series else table.head(MOST_CURVES)
    prior = [name for name in runs.swept if name not in runs.observed]
    found = []
    for index in table.index:
        course = _course(folders.courses(runs.runs[index]))
        if course is not None:
            name = table.at[index, series] if series else runs.label(index, prior)
            found.append(Curve(name, *course))
    return found


def _course(courses):
    """Return cumulative seconds and mean PSNR by iteration, of the iterations all pictures have."""
    length = min([len(course) for course in courses.values()], default=0)
    if length < 2:
        return None
    table = np.array([course[:length] for course in courses.values()])
    return np.cumsum(table[:, :, 2], axis=1).mean(axis=0) / 1e3, table[:, :, 1].mean(axis=0)
