"""Runs side by side: one table, a row a run, and who may be compared with whom."""

import math

from dmsp.errors import UserError, nearest
from dmsp.reports import failures, folders, parameters

FIGURES = ("psnr", "ssim", "psnr_baseline", "seconds", "seconds_per_iteration")
LESS_IS_BETTER = ("seconds", "seconds_per_iteration")


class Runs:
    """Runs that are compared.

    Attributes:
        runs: list of :class:`dmsp.reports.folders.Run`.
        table: a row a run: ``run``, the swept parameters, the figures, ``gain`` over
            the baseline (dB), ``status``, ``protocol``, ``data`` and, for what may be
            compared, ``group`` (metric protocol and data set) and ``problem`` (the
            same observations within a group), both numbered from 0.
        swept: names of the parameters that differ.
        notes: what was left out, a line each.
    """

    def __init__(self, runs, notes=()):
        import pandas as pd

        self.runs = list(runs)
        self.notes = list(notes)
        parameter = parameters.swept(self.runs)
        self.swept = list(parameter)
        table = pd.DataFrame({"run": _names(self.runs)})
        for name, values in parameter.items():
            column = pd.Series(values, dtype=object)
            # What a run lacks is None: a NaN would not be equal to another.
            table[name] = column if column.isna().any() else column.infer_objects()
        for name in FIGURES:
            table[name] = [_number(run.figures.get(name)) for run in self.runs]
        table["gain"] = table["psnr"] - table["psnr_baseline"]
        table["images"] = [_number(run.figures.get("images")) for run in self.runs]
        table["status"] = [_status(run) for run in self.runs]
        table["complete"] = [run.complete for run in self.runs]
        protocols = [str(run.figures.get("metric_protocol")) for run in self.runs]
        table["group"] = _numbered(
            [
                key if run.complete else None
                for key, run in zip(zip(protocols, [run.data for run in self.runs]), self.runs)
            ]
        )
        table["problem"] = _numbered(
            [parameters.problem(run) if run.complete else None for run in self.runs]
        )
        self.table = table
        self._pictures = {}

    @property
    def observed(self):
        """Names of the swept parameters that decide the observations."""
        return [name for name in self.swept if parameters.is_observation(name)]

    @property
    def groups(self):
        """Numbers of the groups whose runs may be put into one figure."""
        return sorted(set(self.table["group"][self.table["complete"]]))

    def protocol(self, group):
        """Return a group's metric protocol and its data set, in words."""
        run = self.runs[self.table.index[self.table["group"] == group][0]]
        images = int(run.figures.get("images") or 0)
        data = "{} picture{}{}".format(
            images, "" if images == 1 else "s", " of " + run.data_name if run.data_name else ""
        )
        return str(run.figures.get("metric_protocol")), data

    def pictures(self, index):
        """Return a run's figures by picture, see :func:`dmsp.reports.folders.pictures`."""
        if index not in self._pictures:
            self._pictures[index] = folders.pictures(self.runs[index])
        return self._pictures[index]

    def label(self, index, names=None):
        """Return what tells a run from the others: ``sigma_dae 7, noise 0.02``."""
        names = self.swept if names is None else names
        parts = ["{} {}".format(n, text(self.table.at[index, n])) for n in names]
        return ", ".join(parts) or str(self.table.at[index, "run"])

    def is_shared(self, name):
        """Return whether all runs have a parameter, or a choice, and have it alike."""
        known = name in parameters.GROUPS or any(name in run.params for run in self.runs)
        return known and name not in self.swept

    def check(self, name, option):
        """Raise a :class:`UserError` unless runs differ in a parameter, or have such a figure."""
        if name not in self.swept and name not in FIGURES + ("gain",):
            known = self.swept + list(FIGURES)
            hint = nearest(name, known)
            if any(name in run.params for run in self.runs):
                hint = "; all runs have {}".format(text(self.runs[0].params[name]))
            raise UserError("{}={}: no column of that name{}".format(option, name, hint))

    def best(self, metric="psnr", by=None):
        """Return the index of the best complete run of each group and each value of ``by``.

        Args:
            metric: ``psnr``, ``ssim``, ``gain``, ``seconds`` or ``seconds_per_iteration``.
            by: parameters; ``None`` for those of the observation.
        """
        ranked = self.table[self.table["complete"] & self.table[metric].notna()]
        sign = -1 if metric in LESS_IS_BETTER else 1
        found = {}
        for index, row in ranked.iterrows():
            values = [row["problem"]] if by is None else [text(row[name]) for name in by]
            key = (row["group"],) + tuple(values)
            if key not in found or sign * row[metric] > sign * ranked.at[found[key], metric]:
                found[key] = index
        return list(found.values())


def load(patterns):
    """Return the :class:`Runs` below folders or globs; a note names each that has no figures.

    Raises:
        UserError: there is none.
    """
    runs, notes = [], {}
    found = folders.find(patterns)
    for folder in found:
        try:
            runs.append(folders.read(folder))
        except UserError as error:
            notes[folder] = "left out: {}".format(error)
    notes.update(failures.lines(patterns, found, [run.folder for run in runs]))
    notes = list(notes.values())
    if not runs:
        raise UserError("{}: no run has figures; {}".format(" ".join(map(str, patterns)), notes[0]))
    return Runs(runs, notes)


def text(value):
    """Return a parameter's value as it is typed."""
    if value is None or value != value:
        return "–"
    return "{:g}".format(value) if isinstance(value, float) else str(value)


def _names(runs):
    """Return the shortest ends of the runs' names that tell them apart."""
    for count in range(1, 5):
        names = [
            "/".join(run.folder.parts[-count:]) if count > 1 and run.folder else run.name
            for run in runs
        ]
        if len(set(names)) == len(names):
            return names
    return [str(run.folder or run.name) for run in runs]


def _number(value):
    return float("nan") if value is None else float(value)


def _status(run):
    status, diverged = str(run.figures.get("status")), run.figures.get("diverged")
    if status == "done" and diverged:
        return "{} of {} diverged".format(diverged, run.figures.get("images"))
    return status


def _numbered(keys):
    """Return a number for each key, in the order of their coming; -1 for ``None``."""
    known = {}
    return [-1 if key is None else known.setdefault(key, len(known)) for key in keys]


def is_known(value):
    """Return whether a figure is a finite number."""
    return value is not None and math.isfinite(value)
