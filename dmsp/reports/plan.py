"""What goes where in a figure: across, by colour, by panel, and what is summed up."""

import statistics
from typing import Any, List, NamedTuple, Optional

import numpy as np

from dmsp.errors import UserError
from dmsp.reports import parameters, significance
from dmsp.reports.runs import text

MOST_PANELS, MOST_COLOURS = 4, 8


class Plan(NamedTuple):
    """The parameters of a figure's parts, ``None`` where there is none.

    Attributes:
        x: across.
        hue: by colour.
        panel: by panel.
        best_over: restorations' parameters, of which the best value is shown.
        mean_over: observations' parameters, over which figures are averaged.
    """

    x: Optional[str]
    hue: Optional[str]
    panel: Optional[str]
    best_over: List[str]
    mean_over: List[str]


class Point(NamedTuple):
    """A mean figure with its standard error (NaN where unknown), at a place in a figure."""

    panel: Any
    hue: Any
    x: Any
    mean: float
    error: float


def make(runs, indices, x=None, hue=None):
    """Return the :class:`Plan` for runs, with what was asked for in its place.

    Args:
        runs: :class:`dmsp.reports.runs.Runs`.
        indices: of the runs in the figure.
        x, hue: parameters, ``None`` to choose.

    Raises:
        UserError: there is no such parameter, or it has too many values for colours.
    """
    for name, option in ((x, "--x"), (hue, "--hue")):
        if name is not None and name not in runs.swept:
            runs.check(name, option)
            raise UserError("{}={}: it is a result; name what was swept".format(option, name))
    counts = {name: len(levels(runs, indices, name)) for name in runs.swept}
    if hue is not None and counts[hue] > MOST_COLOURS:
        raise UserError(
            "--hue={}: {} values are too many for colours; try --x={}".format(hue, counts[hue], hue)
        )
    free = [name for name in runs.swept if counts[name] > 1 and name not in (x, hue)]
    if x is None and free:
        x = max(free, key=lambda n: (_numeric(runs, indices, n), n not in runs.observed, counts[n]))
        free.remove(x)
    free = _undecided(runs, indices, free, x, hue)
    panel = _take(free, lambda n: n in runs.observed and n != "seed" and counts[n] <= MOST_PANELS)
    free = _undecided(runs, indices, free, x, hue, panel)
    if hue is None:
        hue = _take(free, lambda n: n != "seed" and counts[n] <= MOST_COLOURS)
        free = _undecided(runs, indices, free, x, hue, panel)
    if panel is None:
        panel = _take(free, lambda n: n != "seed" and counts[n] <= MOST_PANELS)
        free = _undecided(runs, indices, free, x, hue, panel)
    observed = [name for name in free if name in runs.observed]
    return Plan(x, hue, panel, [name for name in free if name not in observed], observed)


def points(runs, indices, plan, figure):
    """Return the :class:`Point` of every place.

    Errors are paired among the places on the same observations, and within a panel where
    one of them is alone on its.
    """
    # Of a table every access takes a while, and there may be a thousand cells.
    columns = {name: runs.table[name].to_dict() for name in plan[:3] if name is not None}
    problems, values = runs.table["problem"].to_dict(), runs.table[figure].to_dict()
    cells = {}
    for index in indices:
        place = tuple(None if n is None else columns[n][index] for n in plan[2::-1])
        cells.setdefault(place, []).append(index)
    found = []
    for places in _families(cells, [name in runs.observed for name in plan[2::-1]]):
        chosen = [_best_of_problems(problems, values, cells[place]) for place in places]
        means = [_mean([values[index] for index in best]) for best in chosen]
        errors = _errors([_values(runs, best, figure) for best in chosen])
        found += [Point(*p, mean=m, error=e) for p, m, e in zip(places, means, errors)]
    return [point for point in found if point.mean == point.mean]


def rows(runs, indices, name, value):
    """Return the table's rows of the runs in a panel, all where ``name`` is ``None``."""
    table = runs.table.loc[list(indices)]
    if name is None:
        return table
    return table[table[name].isna() if value is None else table[name] == value]


def levels(runs, indices, name):
    """Return the values of a parameter among runs: numbers sorted, then words, then ``None``."""
    values = dict.fromkeys(runs.table[name][list(indices)])
    return sorted(values, key=_rank)


def is_numeric(values):
    """Return whether all values are numbers."""
    return all(hasattr(value, "__float__") and value == value for value in values)


def is_choice(values):
    """Return whether values are words rather than numbers, whatever some runs lack."""
    return not is_numeric([value for value in values if value is not None])


def _rank(value):
    number = float(value) if is_numeric([value]) else float("inf")
    return value is None, number, text(value)


def _undecided(runs, indices, names, *places):
    """Return the names whose values do not follow from those of the places that are taken."""
    places = [place for place in places if place is not None]
    columns = {name: list(runs.table[name][list(indices)]) for name in names + places}
    known = list(zip(*(columns[name] for name in places)))
    return [name for name in names if not parameters.follows(columns[name], known)]


def _numeric(runs, indices, name):
    return is_numeric(levels(runs, indices, name))


def _take(names, fits):
    """Remove and return the first of the names that fits, ``None`` if none does."""
    for name in names:
        if fits(name):
            names.remove(name)
            return name
    return None


def _families(places, observed):
    """Return lists of places (panel, hue, x) whose errors are paired.

    Args:
        places: of all panels.
        observed: whether each of the three decides the observations.
    """
    for count in (3, 1):
        families = {}
        for place in places:
            key = [v for i, v in enumerate(place[:count]) if i == 0 or observed[i]]
            families.setdefault(tuple(key), []).append(place)
        if min(map(len, families.values()), default=0) > 1:
            break
    return list(families.values())


def _best_of_problems(problems, values, indices):
    """Return the best run of each problem among runs, by their problems and figures."""
    best = {}
    for index in indices:
        rival = best.get(problems[index])
        if values[index] == values[index] and (rival is None or values[index] > values[rival]):
            best[problems[index]] = index
    return list(best.values())


def _mean(values):
    return statistics.mean(values) if values else float("nan")


def _values(runs, indices, figure):
    """Return {(number of the problem, picture): figure} of runs on different problems."""
    return {
        (number, name): row[figure]
        for number, index in enumerate(indices)
        for name, row in runs.pictures(index).items()
        if figure in row
    }


def _errors(values):
    """Return the standard error of each of several {picture: figure}, paired where they share."""
    shared = [key for key in values[0] if all(key in other for other in values)] if values else []
    if len(shared) < 2:
        return [float("nan")] * len(values)
    return significance.within_errors(np.array([[v[key] for v in values] for key in shared]))
