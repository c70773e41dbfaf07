"""What it costs not to know the noise, with the bundled denoiser."""

import csv

import numpy as np
import pytest
from PIL import Image
from scipy.signal import convolve2d
from skimage import data
from test_run import launch

from dmsp import kernels
from dmsp.metrics import Protocol
from dmsp.metrics import psnr as psnr_of

pytestmark = pytest.mark.slow_on_tensorflow_1


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


@pytest.fixture(scope="module")
def faint(tmp_path_factory):
    """PSNR of a photograph's middle, out of focus with little noise, by noise_level."""
    return sweep(
        tmp_path_factory.mktemp("faint") / "sweep",
        *("task=deblur", "noise_level=known,blind,estimated"),
        *("kernel=disk", "noise=0.002", "data.limit=1", "data.crop=96"),
    )


@pytest.mark.parametrize("noise_level", ["blind", "estimated"])
def test_little_white_noise_is_believed(faint, noise_level):
    assert faint["known",] > 31.0
    assert faint[noise_level,] > faint["known",] - 0.3


@pytest.mark.parametrize("noise_level", ["blind", "estimated"])
def test_what_jpeg_leaves_is_no_little_white_noise(tmp_path, noise_level):
    sharp = data.astronaut()[20:140, 160:280].astype(np.float32)
    kernel = kernels.disk(3.0)
    seen = np.stack([convolve2d(sharp[..., c], kernel, "valid") for c in range(3)], axis=2)
    Image.fromarray(np.uint8(np.rint(seen))).save(str(tmp_path / "a.jpg"), quality=80)
    np.save(str(tmp_path / "kernel.npy"), kernel)
    folder = tmp_path / "run"
    code, _, err = launch(
        tmp_path,
        *("task=deblur", "data=observed", "data.path={}".format(tmp_path / "a.jpg")),
        *("kernel=file", "kernel.path={}".format(tmp_path / "kernel.npy"), "tracking=none"),
        *("noise_level={}".format(noise_level), "hydra.run.dir={}".format(folder)),
    )
    assert code == 0, err
    restored = np.asarray(Image.open(str(folder / "restored" / "a.png")), np.float32)
    truth = sharp[3:-3, 3:-3]
    known = Protocol((4, 4))
    assert psnr_of(restored, truth, known) > psnr_of(seen, truth, known) + 1.5
