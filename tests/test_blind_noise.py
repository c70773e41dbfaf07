"""What it costs not to know the noise, with the bundled denoiser."""

import csv

import pytest
from test_run import launch


@pytest.fixture(scope="module")
def psnr(tmp_path_factory):
    """PSNR of a photograph's middle, shaken or only noisy, by task, optimizer and noise_level."""
    folder = tmp_path_factory.mktemp("sweep")
    code, _, err = launch(
        folder,
        *("-m", "task=deblur,denoise", "kernel=motion", "noise=0.02"),
        *("data.limit=1", "data.crop=96"),
        *("optimizer=hqs,admm,red", "noise_level=known,blind", "tracking=none"),
        "hydra.sweep.dir={}".format(folder),
    )
    assert code == 0, err
    found = {}
    with open(str(folder / "sweep.csv"), newline="") as table:
        for row in csv.DictReader(table):
            given = dict(word.split("=", 1) for word in row["overrides"].split())
            place = given["task"], given["optimizer"], given["noise_level"]
            found[place] = float(row["psnr"])
    return found


@pytest.mark.parametrize("task, least", [("deblur", 27.5), ("denoise", 36.0)])
@pytest.mark.parametrize("optimizer, loss", [("hqs", 0.1), ("admm", 1.2), ("red", 0.1)])
def test_blind_restoration_loses_little(psnr, task, least, optimizer, loss):
    known, blind = (psnr[task, optimizer, noise_level] for noise_level in ("known", "blind"))
    assert blind > known - loss
    assert known > least
