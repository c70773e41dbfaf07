"""What it costs not to know the noise, with the bundled denoiser."""

import csv

import pytest
from PIL import Image
from skimage import data
from test_run import launch


def sweep(folder, *words):
    """Return the PSNR of each job by the values of what varies in the sweep, in its order."""
    folder.mkdir()
    arguments = ("-m", *words, "tracking=none", "hydra.sweep.dir={}".format(folder))
    code, _, err = launch(folder, *arguments)
    assert code == 0, err
    varied = [word.split("=", 1)[0] for word in words if "," in word]
    found = {}
    with open(str(folder / "sweep.csv"), newline="") as table:
        for row in csv.DictReader(table):
            given = dict(word.split("=", 1) for word in row["overrides"].split())
            found[tuple(given[name] for name in varied)] = float(row["psnr"])
    return found


@pytest.fixture(scope="module")
def psnr(tmp_path_factory):
    """PSNR of a photograph's middle, shaken or only noisy, by task, optimizer and noise_level."""
    return sweep(
        tmp_path_factory.mktemp("blind") / "sweep",
        *("task=deblur,denoise", "optimizer=hqs,admm,red", "noise_level=known,blind"),
        *("kernel=motion", "noise=0.02", "data.limit=1", "data.crop=96"),
    )


@pytest.mark.parametrize("task, least", [("deblur", 27.5), ("denoise", 36.0)])
@pytest.mark.parametrize("optimizer, loss", [("hqs", 0.1), ("admm", 1.2), ("red", 0.1)])
def test_blind_restoration_loses_little(psnr, task, least, optimizer, loss):
    known, blind = (psnr[task, optimizer, noise_level] for noise_level in ("known", "blind"))
    assert blind > known - loss
    assert known > least


def test_much_noise_between_small_holes_is_removed_in_colour_and_in_grey(tmp_path):
    picture = Image.fromarray(data.astronaut()[60:156, 180:276])
    for mode in ("RGB", "L"):
        (tmp_path / mode).mkdir()
        picture.convert(mode).save(str(tmp_path / mode / "a.png"))
    found = sweep(
        tmp_path / "sweep",
        *("task=inpaint", "mask=text", "noise=0.1,0.2", "noise_level=known,blind", "data=folder"),
        "data.path={}".format(",".join(str(tmp_path / mode) for mode in ("RGB", "L"))),
    )
    assert len(found) == 8
    for place, psnr in found.items():
        assert psnr > {"0.1": 27.0, "0.2": 24.0}[place[0]], place
