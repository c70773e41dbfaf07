"""A sweep's jobs in a table: on the screen, as CSV and as JSON."""

import csv
import json
import os
import pathlib

from dmsp.files import whole

COLUMNS = (
    *("job", "status", "psnr", "ssim", "psnr_baseline", "seconds"),
    *("overrides", "reason", "folder", "config_hash"),
)
STYLES = {"failed": "red", "diverged": "red", "killed": "red", "not started": "dim"}
WIDE = 160  # columns where the output is no terminal


def write(sweep, outcomes):
    """Write ``sweep.csv`` and ``sweep.json`` into a sweep's folder.

    Args:
        sweep: the folder.
        outcomes: list of :class:`dmsp.sweeps.Outcome`.
    """
    sweep = pathlib.Path(str(sweep))
    rows = [{name: getattr(outcome, name) for name in COLUMNS} for outcome in outcomes]
    with whole(sweep / "sweep.json") as part, open(part, "w", encoding="utf-8") as file:
        json.dump({"jobs": rows, **_counts(outcomes)}, file, indent=2, ensure_ascii=False)
        file.write("\n")
    with whole(sweep / "sweep.csv") as part, open(part, "w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, COLUMNS, lineterminator="\n")
        writer.writeheader()
        writer.writerows(dict(row, overrides=" ".join(row["overrides"])) for row in rows)


def show(sweep, outcomes):
    """Print the table of a sweep; of the overrides only those that tell the jobs apart."""
    from rich.console import Console
    from rich.table import Table

    console = Console()
    if not console.is_terminal:
        console = Console(width=WIDE)
    common = set.intersection(*(set(outcome.overrides) for outcome in outcomes))
    console.print(_title(sweep, outcomes), soft_wrap=True, markup=False, highlight=False)
    table = Table()
    for name, justify in zip(
        ("job", "overrides", "status", "PSNR", "SSIM", "seconds", "folder", "reason"),
        ("right", "left", "left", "right", "right", "right", "left", "left"),
    ):
        # A word that is cut in two cannot be searched for.
        table.add_column(name, justify=justify, overflow="fold")
    for outcome in outcomes:
        table.add_row(
            str(outcome.job),
            _escaped(" ".join(text for text in outcome.overrides if text not in common)),
            outcome.status,
            _figure("{:.2f}", outcome.psnr),
            _figure("{:.3f}", outcome.ssim),
            _figure("{:.1f}", outcome.seconds),
            _escaped(os.path.basename(outcome.folder)),
            _escaped(outcome.reason),
            style=STYLES.get(outcome.status),
        )
    console.print(table)


def _title(sweep, outcomes):
    counts = _counts(outcomes)["status"]
    text = ", ".join("{} {}".format(count, status) for status, count in counts.items())
    return "{}: {}".format(sweep, text)


def _counts(outcomes):
    statuses = [outcome.status for outcome in outcomes]
    return {"status": {status: statuses.count(status) for status in sorted(set(statuses))}}


def _figure(form, value):
    return "" if value is None else form.format(value)


def _escaped(text):
    from rich.markup import escape

    return escape(str(text))
