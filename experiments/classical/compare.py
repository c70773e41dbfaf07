"""Compare every task with its first estimate and with the classical methods, on fixed subsets.

    python experiments/classical/compare.py --data DATA [--limit N] [--only deblur,inpaint] [-- …]

DATA holds the test sets' folders, see SETS. What follows ``--`` goes to every dmsp run, such as
precision=allow_mix_precision. Rows that ``outputs/classical/results.csv`` holds already are not
computed again.
"""

import argparse
import collections
import csv
import pathlib
import statistics
import sys

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent.parent
RESULTS = ROOT / "outputs" / "classical"
sys.path[:0] = [str(ROOT), str(HERE)]

COLUMNS = ("task", "set", "picture", "method", "psnr")
LEVELS = ("known", "blind", "estimated")
SETS = {
    "set5": "set5",
    "set12": "set12",
    "set14": "set14",
    "mcmaster": "mcmaster",
    "cbsd68": "cbsd68",
    "BSDS300 test": "BSDS300/images/test",
}
TASKS = {
    "deblur": ["task=deblur", "kernel=motion", "kernel.size=17", "kernel.length=16", "noise=0.01"],
    "superres": ["task=superres_bicubic", "task.scale=2", "noise=0.01"],
    "demosaic": ["task=demosaic", "noise=0.01"],
    "inpaint": ["task=inpaint", "mask.keep=0.5", "noise=0.01"],
    "denoise": ["task=denoise", "noise=0.1"],
}


def main():
    options, rest = _arguments()
    RESULTS.mkdir(parents=True, exist_ok=True)
    table = Table(RESULTS / "results.csv")
    for task in options.only.split(","):
        for name, folder in SETS.items():
            path = pathlib.Path(options.data) / folder
            if not path.is_dir():
                print("left out: {} is not there".format(path))
                continue
            overrides = TASKS[task] + [
                "data=folder",
                "data.path={}".format(path),
                "data.limit={}".format(options.limit),
                "data.crop={}".format(options.crop),
                "tracking=none",
            ]
            for level in LEVELS:
                if not table.holds(task, name, "dmsp " + level):
                    measure(table, task, name, level, overrides + rest)
                    table.report(RESULTS / "results.md", " ".join(rest))
    print((RESULTS / "results.md").read_text())


def measure(table, task, name, level, overrides):
    """Restore a set, and with the first level compare it with the classical methods."""
    import classical

    from dmsp.experiment import Experiment

    work = Experiment(_composed(overrides + ["noise_level=" + level]))
    rows = []
    try:
        for entries in work.batches:
            batch, outcomes = work.restore(work.prepare(entries))
            for i, result in enumerate(work.results(batch, outcomes)):
                key = (task, name, result.name)
                rows.append(key + ("dmsp " + level, result.psnr))
                if level == LEVELS[0]:
                    rows.append(key + ("first estimate", result.psnr_baseline))
                    found = classical.best(task, batch, i, result.truth, work.sigma)
                    rows.extend(key + pair for pair in found.items())
    finally:
        work.close()
    table.add(rows)


class Table:
    """The rows computed so far, on disk."""

    def __init__(self, path):
        self._path = path
        self._rows = []
        if path.is_file():
            with open(str(path), newline="") as file:
                self._rows = [tuple(row[c] for c in COLUMNS) for row in csv.DictReader(file)]

    def holds(self, task, name, method):
        """Return whether a set's rows of a method are there."""
        return any((row[0], row[1], row[3]) == (task, name, method) for row in self._rows)

    def add(self, rows):
        """Take rows over and write the file anew."""
        self._rows += [row[:4] + ("{:.3f}".format(row[4]),) for row in rows]
        with open(str(self._path), "w", newline="") as file:
            csv.writer(file, lineterminator="\n").writerows([COLUMNS] + self._rows)

    def report(self, path, options):
        """Write the table of means in Markdown."""
        cells = collections.defaultdict(list)
        for task, name, _, method, psnr in self._rows:
            cells[task, name, method].append(float(psnr))
        lines = ["PSNR in dB" + (", with " + options if options else "") + ".", ""]
        for task in TASKS:
            methods = list(dict.fromkeys(row[3] for row in self._rows if row[0] == task))
            methods.sort(key=_place)
            if not methods:
                continue
            lines += ["| {} | pictures | {} |".format(task, " | ".join(methods))]
            lines += ["|" + " --- |" * (len(methods) + 2)]
            for name in SETS:
                found = [cells.get((task, name, method)) for method in methods]
                if any(found):
                    texts = ["{:.2f}".format(statistics.mean(c)) if c else "–" for c in found]
                    count = max(len(c) for c in found if c)
                    lines.append("| {} | {} | {} |".format(name, count, " | ".join(texts)))
            lines.append("")
        path.write_text("\n".join(lines))


def _place(method):
    """Return the key that puts the first estimate first, and dmsp's levels in order last."""
    ours = ["dmsp " + level for level in LEVELS]
    return (ours.index(method) + 1 if method in ours else 0, method != "first estimate")


def _composed(overrides):
    from hydra import compose, initialize_config_dir

    with initialize_config_dir(str(ROOT / "conf"), version_base="1.3"):
        return compose("config", overrides)


def _arguments():
    own, rest = sys.argv[1:], []
    if "--" in own:
        own, rest = own[: own.index("--")], own[own.index("--") + 1 :]
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", default=str(ROOT.parent / "shared" / "data"))
    parser.add_argument("--limit", type=int, default=4, help="pictures of each set")
    parser.add_argument("--crop", type=int, default=160, help="side of what is cut out of them")
    parser.add_argument("--only", default=",".join(TASKS), help="tasks, separated by commas")
    return parser.parse_args(own), rest


if __name__ == "__main__":
    main()
