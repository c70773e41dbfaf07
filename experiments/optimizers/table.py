"""Optimizers by task: ``python experiments/optimizers/table.py SWEEP_FOLDER…``."""

import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent.parent))

from dmsp import markdown
from dmsp.reports.folders import find, read_summary


def cells(folders):
    """Return {(optimizer, noise): {task: (PSNR in dB, seconds of a picture)}} of all runs inside.

    The seconds are those of the median iteration, times the iterations.
    """
    found = {}
    for folder in folders:
        for one in map(read_summary, find([folder])):
            tasks = found.setdefault((one["optimizer"], one["noise"]), {})
            tasks[one["task"]] = (one["psnr"], one["iterations"] * one["seconds_per_iteration"])
    return found


def table(folders, reference="momentum"):
    """Return a table in Markdown for each noise level, the best of each task in bold.

    Args:
        folders: of runs and sweeps; what is found later takes the place of what was before.
        reference: the optimizer that the others are compared with, in the last line.
    """
    found, parts = cells(folders), []
    for noise in sorted({noise for _, noise in found}):
        rows = {name: tasks for (name, level), tasks in found.items() if level == noise}
        tasks = sorted({task for row in rows.values() for task in row})
        best = {task: max(row[task][0] for row in rows.values() if task in row) for task in tasks}
        lines = []
        for name in sorted(rows, key=lambda name: (name == reference, name)):
            lines.append([name, *(_cell(rows[name].get(task), best[task]) for task in tasks)])
        parts.append(markdown.table(["noise {}".format(noise), *tasks], lines))
    return "\n\n".join(parts)


def _cell(figures, best):
    if figures is None:
        return ""
    psnr, seconds = figures
    text = "{:.2f}".format(psnr)
    return "{}, {:.1f} s".format("**{}**".format(text) if psnr == best else text, seconds)


if __name__ == "__main__":
    print(table(sys.argv[1:]))
