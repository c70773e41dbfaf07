"""A study's runs as a table in Markdown."""

import collections
import pathlib
import re
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent.parent))

from studies import STUDIES

from dmsp import markdown
from dmsp.errors import UserError
from dmsp.reports import folders


def table(folder):
    """Return the table of a study's finished runs beside what is published.

    Args:
        folder: path of the runs, which has the study's name.
    """
    study = STUDIES[folder.name]
    rows = collections.defaultdict(list)
    for run in filter(lambda run: run.complete, map(folders.read, folders.find([folder]))):
        for part in study.parts(run):
            rows[tuple(value(part) for value in study.rows.values())].append(part)
    tabulated = _across if study.columns else _beside
    header, cells = tabulated(study, rows)
    lines = [[str(value) for value in row] + cells(row) for row in sorted(rows, key=_order(study))]
    return markdown.table(list(study.rows) + header, lines)


def _beside(study, rows):
    """Return headings and cells of means over the runs of a row, beside what is published."""
    names = list(dict.fromkeys(name for row in study.published.values() for name in row))
    header = ["runs", "pictures", "baseline", "dmsp", "s a picture"]
    kernels = any("kernel.name" in run.params for runs in rows.values() for run in runs)

    def cells(row):
        runs, published = rows[row], study.published.get(row, {})
        first = [run for run in runs if run.params.get("kernel.name") == "k1"]
        images = sum(run.figures["images"] for run in runs)
        found = [str(len(runs)), str(images)]
        found += ["{:.2f}".format(_mean(runs, key)) for key in ("psnr_baseline", "psnr")]
        found.append("{:.2f}".format(sum(run.figures["seconds"] for run in runs) / images))
        if kernels:
            found.append("{:.2f}".format(_mean(first, "psnr")) if first else "–")
        return found + ["{:.2f}".format(published[n]) if n in published else "–" for n in names]

    return header + ["dmsp, k1"] * kernels + names, cells


def _across(study, rows):
    """Return headings and cells of the PSNR under each value, the highest of a row in bold."""
    values = sorted({study.columns(run) for runs in rows.values() for run in runs})

    def cells(row):
        by_value = collections.defaultdict(list)
        for run in rows[row]:
            by_value[study.columns(run)].append(run)
        means = {value: _mean(runs, "psnr") for value, runs in by_value.items()}
        best = max(means.values())
        form = {value: "**{:.2f}**" if mean == best else "{:.2f}" for value, mean in means.items()}
        return [form[v].format(means[v]) if v in means else "–" for v in values]

    return [str(value) for value in values], cells


def _mean(runs, key):
    """Return the mean over all pictures of what is a mean of each run."""
    images = [run.figures["images"] for run in runs]
    return sum(run.figures[key] * n for run, n in zip(runs, images)) / sum(images)


def _order(study):
    """Return the key by which rows are sorted: as published, then by value."""
    known = list(study.published)
    return lambda row: (known.index(row) if row in known else len(known), tuple(map(str, row)))


def replaced(text, name, content):
    """Return a text with the part between a study's marks replaced.

    Raises:
        UserError: the marks are not in it.
    """
    marked = re.compile(r"(<!-- {} -->\n)(?:.*?\n)??(<!-- end -->)".format(name), re.DOTALL)
    if not marked.search(text):
        raise UserError("no <!-- {} --> followed by <!-- end --> to put the table".format(name))
    return marked.sub(lambda match: match.group(1) + content + "\n" + match.group(2), text, 1)


def write(readme, folder):
    """Write a study's table between its marks in a file, and print it."""
    found = table(folder)
    text = readme.read_text(encoding="utf-8")
    readme.write_text(replaced(text, folder.name, found), encoding="utf-8")
    print("{}\n\n{}\n".format(folder.name, found))
