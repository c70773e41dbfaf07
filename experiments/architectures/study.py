"""Compare the networks of conf/task/architecture, each trained for the same time.

``python experiments/architectures/study.py data.path=[photos,more] [--minutes 4]`` finds out how
many steps each network makes in that time, trains it so long, measures its cost, and prints the
table. What was interrupted goes on when the command is given again.
"""

import argparse
import json
import os
import pathlib
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
LEVELS = (5, 11, 15, 25, 50)
PROBE = 60  # steps of the first training, which finds out the pace
TOLERANCE, TRIALS = 0.06, 4  # of the time; trainings of a network at most


def names():
    """Return the names of the architectures that there are."""
    return sorted(path.stem for path in (ROOT / "conf" / "task" / "architecture").glob("*.yaml"))


def train(name, steps, folder, overrides):
    """Train a network, or go on with it; return what the finished training says of itself."""
    command = [
        *(sys.executable, str(ROOT / "run.py"), "+experiments=architectures", "resume=true"),
        *("task/architecture={}".format(name), "task.training.steps={}".format(steps)),
        *("hydra.run.dir={}".format(folder), *overrides),
    ]
    print("$ {}".format(" ".join(command)), flush=True)
    subprocess.run(command, check=True)
    return json.loads((folder / ".dmsp" / "job.json").read_text())["summary"]


def trained(name, seconds, outputs, overrides):
    """Return the results of a network trained for so many CPU seconds.

    The pace of one training tells the steps of the next, until they take the time.
    """
    steps, results = PROBE, None
    for _ in range(TRIALS):
        results = train(name, steps, outputs / name / str(steps), overrides)
        if abs(results["cpu_seconds"] / seconds - 1.0) <= TOLERANCE:
            break
        steps = int(seconds * steps / results["cpu_seconds"])
    return results


def costs(results, outputs):
    """Return the row of the benchmark for each weights file, fp32 and mixed precision."""
    found = outputs / "benchmark.json"
    if not found.exists():
        command = [sys.executable, "-m", "dmsp.denoisers", "benchmark", "--json", str(found)]
        command += [summary["weights"] for summary in results.values()]
        subprocess.run(command, check=True, cwd=str(ROOT))
    rows = json.loads(found.read_text())["rows"]
    return dict(zip(results, rows))


def table(results, benchmark):
    """Return the Markdown table of all networks."""
    header = ["network", "parameters", "MAC a pixel", "steps", "CPU minutes"]
    header += ["σ = {}".format(level) for level in LEVELS]
    lines = [header + ["fp32, ms a megapixel", "mixed, ms a megapixel"], ["---"] * 12]
    for name, summary in results.items():
        cost = benchmark[name]
        lines.append(
            [
                "`{}`".format(name),
                "{:.2f} M".format(cost["parameters"] / 1e6),
                "{:.0f} k".format(cost["macs_per_pixel"] / 1e3),
                str(summary["steps"]),
                "{:.1f}".format(summary["cpu_seconds"] / 60.0),
            ]
            + ["{:.2f}".format(summary["psnr_{}".format(level)]) for level in LEVELS]
            + ["{:.0f}".format(time) for time in cost["ms_per_megapixel"].values()]
        )
    return "\n".join("| {} |".format(" | ".join(cells)) for cells in lines)


def main():
    """Do what the command line asks for."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--minutes", type=float, default=4.0, help="of all cores, for each network")
    parser.add_argument("--outputs", default=str(ROOT / "outputs" / "architectures"))
    parser.add_argument("--train-only", action="store_true", help="leave the cost for later")
    parser.add_argument("overrides", nargs="+", help="for run.py: data.path=… and others")
    given = parser.parse_args()
    outputs = pathlib.Path(given.outputs).resolve()
    seconds = 60.0 * given.minutes * len(os.sched_getaffinity(0))
    results = {name: trained(name, seconds, outputs, given.overrides) for name in names()}
    if not given.train_only:
        text = table(results, costs(results, outputs))
        (outputs / "table.md").write_text(text + "\n")
        print(text)


if __name__ == "__main__":
    main()
