"""Beside the published figures: ``python experiments/published/table.py FOLDER…``.

Each folder holds the runs of one study, and has its name. Runs that differ in
their kernel alone make one row.
"""

import collections
import json
import pathlib
import sys

from omegaconf import OmegaConf

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


class Run(collections.namedtuple("Run", "row kernel summary")):
    """A finished run: its row, the name of its kernel, and its ``summary.json``."""


def runs(folder, keys):
    """Yield the finished runs of a folder."""
    for path in sorted(pathlib.Path(str(folder)).rglob("summary.json")):
        config = OmegaConf.load(str(path.parent / ".hydra" / "config.yaml"))
        row = tuple(OmegaConf.select(config, key) for key in keys)
        summary = json.loads(path.read_text(encoding="utf-8"))
        yield Run(row, OmegaConf.select(config, "kernel.name"), summary)


def table(folder):
    """Return the Markdown table of a study's runs beside what is published."""
    keys, published = PUBLISHED[pathlib.Path(str(folder)).name]
    rows = collections.defaultdict(list)
    for run in runs(folder, keys):
        rows[run.row].append(run)
    names = list(next(iter(published.values())))
    header = list(keys) + ["pictures", "baseline", "dmsp", "dmsp, k1", "s a picture"] + names
    lines = [header, ["---"] * len(header)]
    for row in sorted(rows, key=lambda row: tuple(map(float, row))):
        lines.append([str(value) for value in row] + _cells(rows[row]))
        lines[-1] += ["{:.2f}".format(published[row][n]) for n in names if row in published]
    return "\n".join("| {} |".format(" | ".join(cells)) for cells in lines)


def _cells(found):
    """Return the number of pictures, the means and the seconds of the runs of a row."""
    images = sum(run.summary["images"] for run in found)

    def mean(key, chosen=found):
        parts = [run.summary[key] * run.summary["images"] for run in chosen]
        return sum(parts) / sum(run.summary["images"] for run in chosen)

    first = [run for run in found if run.kernel == "k1"]
    return [
        str(images),
        "{:.2f}".format(mean("psnr_baseline")),
        "{:.2f}".format(mean("psnr")),
        "{:.2f}".format(mean("psnr", first)) if first else "–",
        "{:.2f}".format(sum(run.summary["seconds"] for run in found) / images),
    ]


if __name__ == "__main__":
    for name in sys.argv[1:]:
        print("\n{}\n\n{}".format(pathlib.Path(name).name, table(name)))
