"""Runs in a table: for the terminal, as CSV, Markdown and HTML."""

import html
from typing import List, NamedTuple

from dmsp.files import whole
from dmsp.markdown import table as markdown_table
from dmsp.reports.plan import is_choice, levels
from dmsp.reports.runs import LESS_IS_BETTER, is_known, text

# Column, its heading, how it is written.
FIGURES = (
    ("psnr", "PSNR (dB)", "{:.2f}"),
    ("ssim", "SSIM", "{:.4f}"),
    ("psnr_baseline", "baseline (dB)", "{:.2f}"),
    ("gain", "gain (dB)", "{:+.2f}"),
    ("seconds", "seconds", "{:.2f}"),
    ("seconds_per_iteration", "s/iteration", "{:.4f}"),
)
UNKNOWN = "–"


class Cell(NamedTuple):
    """A cell: its text, the value it is sorted by, whether it is a number, and the best one."""

    text: str
    value: object
    numeric: bool = False
    best: bool = False


class Row(NamedTuple):
    """A row: the run's index, its cells, and whether the run is complete."""

    index: int
    cells: List[Cell]
    complete: bool


def headings(runs):
    """Return the headings of :func:`rows`."""
    return ["run"] + runs.swept + [heading for _, heading, _ in FIGURES] + ["status"]


def rows(runs, indices=None):
    """Return a :class:`Row` for each run: problem by problem, the best first.

    Args:
        runs: :class:`dmsp.reports.runs.Runs`.
        indices: of the runs; ``None`` for all.
    """
    table = runs.table if indices is None else runs.table.loc[list(indices)]
    table = table.assign(order=-table["psnr"]).sort_values(
        ["complete", "group", "problem", "order"], ascending=[False, True, True, True]
    )
    best = _best(runs.table)
    words = {name for name in runs.swept if is_choice(levels(runs, table.index, name))}
    return [_row(runs, index, row, best, words) for index, row in table.iterrows()]


def plain(runs, indices=None, limit=None):
    """Return the table for a terminal, columns aligned, the best of each problem starred."""
    found = rows(runs, indices)
    shown = found[:limit]
    lines = [[Cell(heading, heading) for heading in headings(runs)]] + [r.cells for r in shown]
    columns = list(zip(*lines))
    widths = [max(len(cell.text) for cell in column) for column in columns]
    numeric = [any(cell.numeric for cell in column) for column in columns]
    written = []
    for line in lines:
        cells = [
            (cell.text.rjust(width) if right else cell.text.ljust(width)) + " *"[cell.best]
            for cell, width, right in zip(line, widths, numeric)
        ]
        written.append(" ".join(cells).rstrip())
    if len(shown) < len(found):
        written.append("… and {} more".format(len(found) - len(shown)))
    return "\n".join(written)


def markdown(runs, indices=None):
    """Return the table in Markdown, the best of each problem bold."""
    found = rows(runs, indices)
    numeric = [cell.numeric for cell in found[0].cells]
    lines = []
    for row in found:
        cells = [_markdown(cell.text) for cell in row.cells]
        lines.append(["**{}**".format(t) if c.best else t for t, c in zip(cells, row.cells)])
    rule = ["---:" if right else "---" for right in numeric]
    return markdown_table(headings(runs), lines, rule) + "\n"


def as_html(runs, indices=None):
    """Return the table in HTML, escaped, decimals aligned, every column with its sort value."""
    found = rows(runs, indices)
    numeric = [cell.numeric for cell in found[0].cells]
    head = "".join(
        '<th scope="col"{}><button type="button">{}</button></th>'.format(
            ' class="n"' if right else "", html.escape(heading)
        )
        for heading, right in zip(headings(runs), numeric)
    )
    body = "\n".join(
        "<tr{}>{}</tr>".format(
            ' class="{}"'.format(kind) if kind else "", "".join(_cell(cell) for cell in row.cells)
        )
        for row, kind in zip(found, _kinds(runs, found))
    )
    return (
        '<table class="runs">\n<thead><tr>{}</tr></thead>\n<tbody>\n{}\n</tbody>\n</table>'
    ).format(head, body)


def frame(runs):
    """Return what :func:`write` makes CSV of: figures unrounded, protocol and data set beside."""
    table = runs.table.drop(columns=["complete", "group", "problem"])
    table["metric_protocol"] = [run.figures.get("metric_protocol") for run in runs.runs]
    table["data"] = [run.data_name for run in runs.runs]
    table["folder"] = [str(run.folder or "") for run in runs.runs]
    table["command"] = [run.command for run in runs.runs]
    return table


def write(runs, folder):
    """Write ``runs.csv``, ``runs.md`` and return their paths."""
    paths = [folder / "runs.csv", folder / "runs.md"]
    with whole(paths[0]) as part:
        frame(runs).to_csv(part, index=False)
    with whole(paths[1]) as part, open(part, "w", encoding="utf-8") as file:
        file.write(markdown(runs))
    return paths


def _row(runs, index, row, best, words):
    cells = [Cell(str(row["run"]), index)]
    for name in runs.swept:
        cells.append(Cell(text(row[name]), row[name], name not in words))
    for name, _, form in FIGURES:
        known = is_known(row[name])
        shown = form.format(row[name]) if known else UNKNOWN
        cells.append(Cell(shown, row[name], True, (index, name) in best))
    cells.append(Cell(row["status"], row["status"]))
    return Row(index, cells, bool(row["complete"]))


def _best(table):
    """Return {(index, column)} of the best of each problem that several runs share."""
    found = set()
    complete = table[table["complete"]]
    for _, rivals in complete.groupby("problem"):
        if len(rivals) < 2:
            continue
        for name in ("psnr", "ssim", "gain") + LESS_IS_BETTER:
            values = rivals[name].dropna()
            if len(values):
                index = values.idxmin() if name in LESS_IS_BETTER else values.idxmax()
                found.add((index, name))
    return found


def _kinds(runs, found):
    """Yield each row's class: cut short, or the first of another problem."""
    before = None
    for row in found:
        problem = runs.table.at[row.index, "problem"]
        yield "cut" if not row.complete else "first" if before not in (None, problem) else ""
        before = problem


def _markdown(words):
    return words.replace("\\", "\\\\").replace("|", "\\|").replace("\n", " ")


def _cell(cell):
    classes = " ".join(["n"] * cell.numeric + ["best"] * cell.best)
    value = "" if cell.value is None or cell.value != cell.value else cell.value
    return '<td{} data-v="{}">{}</td>'.format(
        ' class="{}"'.format(classes) if classes else "",
        html.escape(str(value), quote=True),
        html.escape(cell.text),
    )
