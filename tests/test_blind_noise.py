"""What it costs not to know the noise, with the bundled denoiser."""

import csv
import pathlib
import subprocess
import sys

import pytest

ROOT = pathlib.Path(__file__).resolve().parent.parent


@pytest.fixture(scope="module")
def psnr(tmp_path_factory):
    """PSNR of a shaken photograph's middle by optimizer and noise_level."""
    folder = tmp_path_factory.mktemp("sweep")
    words = ["task=deblur", "kernel=motion", "noise=0.02", "data.limit=1", "data.crop=96"]
    words += ["optimizer=hqs,admm,red", "noise_level=known,blind", "tracking=none"]
    words += ["hydra.sweep.dir={}".format(folder)]
    subprocess.run([sys.executable, "run.py", "-m"] + words, cwd=str(ROOT), check=True)
    with open(str(folder / "sweep.csv"), newline="") as table:
        rows = [(row["overrides"].split(), float(row["psnr"])) for row in csv.DictReader(table)]
    return {
        tuple(word.split("=")[1] for word in words if word.startswith(("optim", "noise_level"))): dB
        for words, dB in rows
    }


@pytest.mark.parametrize("optimizer, loss", [("hqs", 0.1), ("admm", 1.2), ("red", 0.1)])
def test_blind_restoration_loses_little(psnr, optimizer, loss):
    assert psnr[optimizer, "blind"] > psnr[optimizer, "known"] - loss
    assert psnr[optimizer, "known"] > 27.5
