"""Beside the published figures: ``python experiments/published/table.py FOLDER…``.

Each folder holds the runs of one study, and has its name. Runs that differ in
their kernel alone make one row.
"""

import collections
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent.parent))

from dmsp import markdown
from dmsp.reports import folders

# Study: what tells its rows apart; then for each row the published means in dB.
PUBLISHED = {
    "set12_deblur": (
        ("noise",),
        {
            (0.01,): {"DMSP": 31.06, "VEM-Net": 31.93},
            (0.02,): {"DMSP": 28.97, "VEM-Net": 29.78},
            (0.03,): {"DMSP": 27.87, "VEM-Net": 28.47},
            (0.04,): {"DMSP": 27.07, "VEM-Net": 27.52},
            (0.05,): {"DMSP": 26.39, "VEM-Net": 26.77},
        },
    ),
    "set14_superres": (
        ("task.scale", "noise"),
        {
            (2, 0): {"DMSP, k1": 30.40, "IRCNN, k1": 31.96, "VIRNet": 32.79},
            (3, 0): {"DMSP, k1": 26.57, "IRCNN, k1": 28.43, "VIRNet": 29.21},
            (4, 0): {"DMSP, k1": 24.68, "IRCNN, k1": 26.13, "VIRNet": 27.18},
            (3, 0.01): {"DMSP, k1": 25.88, "IRCNN, k1": 28.20, "VIRNet": 29.10},
            (3, 0.03): {"DMSP, k1": 25.43, "IRCNN, k1": 27.50, "VIRNet": 28.61},
        },
    ),
    "mcmaster_demosaic": (
        ("noise",),
        {(0,): {"MATLAB": 34.43, "IRCNN+": 37.79, "DPIR": 39.39}},
    ),
}


def table(folder):
    """Return the Markdown table of a study's runs beside what is published."""
    keys, published = PUBLISHED[pathlib.Path(str(folder)).name]
    rows = collections.defaultdict(list)
    for run in map(folders.read, folders.find([folder])):
        rows[tuple(run.params[key] for key in keys)].append(run)
    names = list(next(iter(published.values())))
    header = list(keys) + ["pictures", "baseline", "dmsp", "dmsp, k1", "s a picture"] + names
    lines = []
    for row in sorted(rows, key=lambda row: tuple(map(float, row))):
        lines.append([str(value) for value in row] + _cells(rows[row]))
        lines[-1] += ["{:.2f}".format(published[row][n]) for n in names if row in published]
    return markdown.table(header, lines)


def _cells(found):
    """Return the number of pictures, the means and the seconds of the runs of a row."""
    images = sum(run.figures["images"] for run in found)

    def mean(key, chosen=found):
        parts = [run.figures[key] * run.figures["images"] for run in chosen]
        return sum(parts) / sum(run.figures["images"] for run in chosen)

    first = [run for run in found if run.params.get("kernel.name") == "k1"]
    return [
        str(images),
        "{:.2f}".format(mean("psnr_baseline")),
        "{:.2f}".format(mean("psnr")),
        "{:.2f}".format(mean("psnr", first)) if first else "–",
        "{:.2f}".format(sum(run.figures["seconds"] for run in found) / images),
    ]


if __name__ == "__main__":
    for name in sys.argv[1:]:
        print("\n{}\n\n{}".format(pathlib.Path(name).name, table(name)))
