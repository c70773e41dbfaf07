"""Runs read back from the folders that they left behind."""

import csv
import glob
import json
import math
import os
import pathlib
import shlex
from typing import Any, Dict, NamedTuple, Optional, Tuple

from dmsp.errors import UserError
from dmsp.reports.results import ITERATIONS, RESULTS

SUMMARY = "summary.json"
# What makes a folder a run's; MLflow's copies of them are not walked through.
MARKS = {SUMMARY, RESULTS, ".hydra"}
COPIES = {"mlartifacts", "mlruns"}


class Run(NamedTuple):
    """One run as it is compared.

    Attributes:
        name: what the user knows it by: its place among the others.
        folder: of its files, ``None`` where they are not on this machine.
        params: the configuration, {dotted name: value}.
        figures: what ``summary.json`` says.
        overrides: what was typed, ``None`` where it is not known.
        data: what tells its data set from others.
        data_name: what the data set is called.
        sweep: the sweep that it belongs to, empty outside of one.
    """

    name: str
    folder: Optional[pathlib.Path]
    params: Dict[str, Any]
    figures: Dict[str, Any]
    overrides: Optional[Tuple[str, ...]] = None
    data: str = ""
    data_name: str = ""
    sweep: str = ""

    @property
    def complete(self):
        """Whether it reached its end with every picture, so that it can be ranked."""
        return self.figures.get("status") == "done" and not self.figures.get("diverged")

    @property
    def command(self):
        """The command that repeats it, ``None`` where it is not known."""
        if self.overrides is None:
            return None
        # With resume a run is finished, or not done again.
        kept = [text for text in self.overrides if not text.lstrip("+").startswith("resume=")]
        return " ".join(["python", "run.py"] + [shlex.quote(text) for text in kept])


def find(patterns):
    """Return the runs' folders under folders or globs, sorted, the numbered ones by number.

    Raises:
        UserError: there is nothing under one of them.
    """
    found = {}
    for pattern in patterns:
        roots = glob.glob(os.path.expanduser(str(pattern)), recursive=True)
        roots = [root for root in roots if os.path.isdir(root)]
        here = [folder for root in roots for folder in _runs_below(root)]
        if not here:
            what = "no run in it" if roots else "no such folder"
            raise UserError(
                "{}: {}; name a folder of runs, such as outputs/sweeps/<date>/<time>".format(
                    pattern, what
                )
            )
        found.update((folder.resolve(), None) for folder in here)
    return sorted(found, key=_order)


def read(folder):
    """Return the run of a folder.

    Raises:
        UserError: it is half written, or is not a restoration's.
    """
    folder = pathlib.Path(str(folder))
    figures = read_summary(folder)
    params = flat(_yaml(folder / "config.yaml") or {})
    return Run(
        name=folder.name,
        folder=folder,
        params=params,
        figures=figures,
        overrides=read_overrides(folder),
        data=data_key(params, figures),
        data_name=str(figures.get("data") or params.get("data._target_", "")).split(".")[-1],
        sweep=_sweep(folder),
    )


def read_summary(folder):
    """Return ``summary.json``.

    Raises:
        UserError: it is not there or not whole.
    """
    try:
        figures = json.loads((folder / SUMMARY).read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise UserError("{}: no {}; the run is not at its end".format(folder, SUMMARY)) from None
    except (OSError, ValueError) as error:
        raise UserError(
            "{}: cannot be read ({})".format(folder / SUMMARY, " ".join(str(error).split()))
        ) from None
    if not isinstance(figures, dict) or "psnr" not in figures:
        raise UserError("{}: it has no figures of a restoration".format(folder / SUMMARY))
    return figures


def read_overrides(folder):
    """Return what was typed to start a run, ``None`` where Hydra's record of it is not there."""
    found = _yaml(folder / ".hydra" / "overrides.yaml")
    return None if found is None else tuple(str(text) for text in found)


def pictures(run):
    """Return {picture: {"psnr": dB, "ssim": …, "height": …}} of a run, empty where it is unknown.

    What is not finite is left out, and so are pictures that were skipped.
    """
    rows = _csv(run.folder, RESULTS)
    return {
        row["name"]: {key: value for key, value in _numbers(row).items() if math.isfinite(value)}
        for row in rows
        if not str(row.get("status", "")).startswith("skipped")
    }


def courses(run):
    """Return {picture: [(iteration, psnr, milliseconds), …]} of a run, empty where unknown."""
    found = {}
    for row in _csv(run.folder, ITERATIONS):
        numbers = _numbers(row)
        if {"iteration", "psnr", "ms"} <= set(numbers):
            point = numbers["iteration"], numbers["psnr"], numbers["ms"]
            found.setdefault(row["name"], []).append(point)
    return found


def flat(node, prefix=""):
    """Return {dotted name: value} of a nested configuration."""
    found = {}
    for name, value in node.items():
        dotted = "{}.{}".format(prefix, name) if prefix else str(name)
        if isinstance(value, dict) and value:
            found.update(flat(value, dotted))
        else:
            found[dotted] = plain(value)
    return found


def plain(value):
    """Return a value as a number or a text, whether it comes from YAML or from MLflow."""
    if isinstance(value, (list, tuple, dict)):
        return json.dumps(value)
    if value is None or isinstance(value, bool):
        return {None: "null", True: "true", False: "false"}[value]
    try:
        number = float(value)
    except ValueError:
        return str(value)
    return int(number) if number.is_integer() and abs(number) < 1e15 else number


def data_key(params, figures):
    """Return what is equal for runs on the same pictures: their hash, or where they come from."""
    chosen = {
        name: value
        for name, value in params.items()
        if name.startswith("data.") and not (name == "data.path" and figures.get("data_sha256"))
    }
    chosen["sha256"] = figures.get("data_sha256")
    chosen["images"] = figures.get("images")
    return json.dumps(chosen, sort_keys=True, default=str)


def _runs_below(root):
    for folder, inner, files in os.walk(root):
        if MARKS & (set(inner) | set(files)):
            inner[:] = []
            yield pathlib.Path(folder)
        inner[:] = [name for name in inner if name not in COPIES and not name.startswith(".")]


def _order(folder):
    return [(0, int(part), "") if part.isdigit() else (1, 0, part) for part in folder.parts]


def _sweep(folder):
    return str(folder.parent) if (folder.parent / "multirun.yaml").exists() else ""


def _yaml(path):
    """Return what a YAML file holds, ``None`` where there is none that can be read."""
    import yaml

    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    try:
        with open(str(path), encoding="utf-8") as file:
            return yaml.load(file, Loader=loader)
    except (OSError, ValueError, yaml.YAMLError):
        return None


def _csv(folder, name):
    if folder is None:
        return []
    try:
        with open(str(folder / name), newline="", encoding="utf-8") as file:
            return [row for row in csv.DictReader(file) if row.get("name")]
    except (OSError, ValueError, csv.Error):
        return []


def _numbers(row):
    found = {}
    for key, text in row.items():
        try:
            found[key] = float(text)
        except (TypeError, ValueError):
            continue
    return found
