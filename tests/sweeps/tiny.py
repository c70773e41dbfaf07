"""Tiny pictures, and the sweeps over them that cost next to nothing."""

import json
import os
import pathlib
import subprocess
import sys

import numpy as np
from PIL import Image

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent


def make(folder, count=3):
    """Write so many pictures of 24×24 into a folder."""
    folder.mkdir()
    for i in range(count):
        pixels = np.random.RandomState(i).randint(0, 255, (8, 8, 3)).astype(np.uint8)
        image = Image.fromarray(pixels).resize((24, 24), Image.BICUBIC)
        image.save(str(folder / "{}.png".format(i)))


def command(pictures, outputs, *more):
    """Return the command of a sweep."""
    return [
        *(sys.executable, "run.py", "-m", "task=deblur", "kernel=delta", "num_iter=2"),
        *("data=folder", "data.path={}".format(pictures), "outputs={}".format(outputs)),
        *more,
    ]


def launch(*arguments):
    """Run a sweep to its end; return what :func:`subprocess.run` returns."""
    return subprocess.run(
        command(*arguments),
        cwd=str(ROOT),
        env=dict(os.environ, RAY_worker_niceness="0"),  # Ray's workers stand back by default
        capture_output=True,
        text=True,
    )


def figures(outputs):
    """Return the table and the PSNR of each finished job, by its noise and sigma_dae."""
    found = {}
    for table in pathlib.Path(str(outputs)).glob("sweeps/*/*/*/results.csv"):
        summary = json.loads((table.parent / "summary.json").read_text())
        assert summary["status"] == "done"
        key = (summary["noise"], summary["sigma_dae"])
        assert key not in found
        found[key] = (table.read_text(), summary["psnr"], summary["images"])
    return found


def table(outputs):
    """Return the jobs of the one sweep in a folder, as its ``sweep.json`` has them."""
    (path,) = pathlib.Path(str(outputs)).glob("sweeps/*/*/sweep.json")
    return json.loads(path.read_text())["jobs"]
