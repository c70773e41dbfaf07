"""A run's pictures as lines that Ascend ModelZoo's scripts look for.

``python -m dmsp.reports.modelzoo FOLDER BATCH_SIZE`` prints them for every run in a folder.
"""

import csv
import pathlib
import statistics
import sys

from dmsp.reports.results import ITERATIONS, RESULTS


def lines(folder, batch_size=1):
    """Return ``Finished psnr = P (F examples/sec; S sec/batch)`` for each picture of a run.

    S is the median time of an iteration of the picture's batch, as the
    published script prints it, and F the pictures in it by that time.

    Args:
        folder: of the run.
        batch_size: pictures that were restored together.
    """
    times = {}
    with open(str(pathlib.Path(str(folder)) / ITERATIONS), encoding="utf-8") as file:
        for row in csv.DictReader(file):
            times.setdefault(row["name"], []).append(float(row["ms"]) / 1e3)
    with open(str(pathlib.Path(str(folder)) / RESULTS), encoding="utf-8") as file:
        rows = [row for row in csv.DictReader(file) if row["psnr"] and row["name"] in times]
    return [
        "Finished psnr = {:.2f} ({:.1f} examples/sec; {:.3f} sec/batch)".format(
            float(row["psnr"]), 1 / seconds, batch_size * seconds
        )
        for row in rows
        for seconds in [statistics.median(times[row["name"]])]
    ]


if __name__ == "__main__":
    for path in sorted(pathlib.Path(sys.argv[1]).rglob(RESULTS)):
        print("\n".join(lines(path.parent, int(sys.argv[2]))))
