"""Restoring in tiles, with the bundled denoiser on small pictures."""

import numpy as np
import pytest
from PIL import Image
from scipy.ndimage import correlate
from test_observed import KERNEL, experiment, results, rms, save16, scene

from dmsp import images, memory, piecewise, planning
from dmsp.blind import steepness
from dmsp.noise import EXACT
from dmsp.operators import Identity
from dmsp.preparation import Batch
from dmsp.restoration import Restoration
from dmsp.tiles import Cut

SIZE = 144, 152
TASKS = {
    "deblur": ["task=deblur"],
    "superres": ["task=superres", "task.scale=2", "num_iter=3"],
    "superres_bicubic": ["task=superres_bicubic", "num_iter=3"],
    "demosaic": ["task=demosaic", "num_iter=3"],
    "inpaint": ["task=inpaint", "mask=text", "num_iter=3"],
    "denoise": ["task=denoise", "noise=0.05"],
    "denoise_blind": ["task=denoise", "noise=0.05", "noise_level=blind"],
}


@pytest.fixture(autouse=True)
def near(monkeypatch):
    """Take less around a tile than all that the network sees; the far is next to nothing."""
    monkeypatch.setattr(planning, "reach", lambda operator, network: 24)


def sample(*overrides):
    data = "data=sample", "data.limit=1", "data.resize=[{},{}]".format(*SIZE)
    return results(*data, *overrides)["astronaut"]


def levels(result):
    return np.clip(np.asarray(result.restored, np.float32), 0, 255)


QUICK = "deblur", "denoise"


@pytest.mark.parametrize(
    "task",
    [pytest.param(task, marks=[] if task in QUICK else [pytest.mark.slow]) for task in TASKS],
)
def test_tiles_make_the_picture_that_the_whole_makes(task):
    accuracy = [] if "denoise" in task else ["optimizer.accuracy=0.005"]
    whole, tiled = (sample(tile, *(TASKS[task] + accuracy)) for tile in ("tile=null", "tile=80"))
    assert (whole.note, tiled.note) == ("", "in 4 tiles")
    # Half a grey level is from rounding to 8 bits; four tiles and the whole differ in their noise.
    most, decibels = (1.1, 0.03) if "blind" in task else (0.7, 2e-3)
    assert np.abs(levels(whole) - levels(tiled)).max() < most
    assert tiled.psnr == pytest.approx(whole.psnr, abs=decibels)
    assert tiled.ssim == pytest.approx(whole.ssim, abs=1e-3)
    assert tiled.psnr_baseline == pytest.approx(whole.psnr_baseline, abs=1e-4)
    assert np.abs(tiled.degraded - np.clip(whole.degraded, 0, 255)).max() < 0.51
    assert len(tiled.iterations) == len(whole.iterations)
    residuals = [result.iterations[-1]["residual"] for result in (whole, tiled)]
    assert residuals[0] == pytest.approx(residuals[1], rel=0.1)


@pytest.fixture(scope="module")
def blurred(tmp_path_factory):
    """A folder with a photograph of 16 bits that is blurred, and its path."""
    path = tmp_path_factory.mktemp("blurred") / "a.tif"
    truth = scene(150, 148)
    blurred = np.stack([correlate(truth[..., c], KERNEL) for c in range(3)], axis=2)
    noise = 2.0 * np.random.RandomState(1).standard_normal(blurred.shape)
    save16(path, (blurred + noise)[3:-3, 3:-3])
    return path


def test_no_seam_is_seen_in_16_bits(blurred):
    options = "data.path={}".format(blurred), "noise_level=known", "noise=0.008"
    whole = results("tile=null", "optimizer.accuracy=0.005", *options)["a"]
    tiled = results("tile=80", *options)["a"]
    assert "in 4 tiles" in tiled.note and tiled.form.dtype == np.uint16
    assert np.abs(levels(whole) - levels(tiled)).max() < 0.1


def test_tiles_without_noise_are_told_so(blurred):
    options = "data.path={}".format(blurred), "noise_level=known", "noise=0", "num_iter=1"
    found = results("tile=80", *options)["a"]
    assert "in 4 tiles" in found.note
    assert 255 * found.facts["noise_told"] == pytest.approx(EXACT)


@pytest.mark.slow
@pytest.mark.parametrize("way", ["estimated", "blind"])
def test_the_noise_of_all_tiles_is_one(way, blurred, monkeypatch):
    told = []
    run = Restoration.run

    def watched(self, observations, truths, keys, sigmas, watch=None, variances=()):
        told.append((sigmas[0], tuple(variances)))
        return run(self, observations, truths, keys, sigmas, watch, variances)

    monkeypatch.setattr(Restoration, "run", watched)
    options = "data.path={}".format(blurred), "noise_level={}".format(way), "num_iter=4"
    tiled = results("tile=80", *options)["a"]
    whole = results("tile=null", "optimizer.accuracy=0.005", *options)["a"]
    found, given, alone = told[:4], told[4:8], told[8:]
    assert len(alone) == 1 and len(set(given)) == 1
    assert not any(variances for _, variances in found + alone)
    variances = [row["noise"] ** 2 for row in whole.iterations]
    assert given[0][1] == pytest.approx(variances, rel=0.1)
    np.testing.assert_allclose([row["noise"] ** 2 for row in tiled.iterations], given[0][1], 1e-5)
    if way == "estimated":
        assert given[0][0] == pytest.approx(alone[0][0], rel=0.1)
    assert rms(levels(whole) - levels(tiled)) < 0.3


def test_the_compression_of_a_jpeg_counts_in_all_its_tiles(tmp_path):
    image = Image.fromarray(scene(150, 148).astype(np.uint8))
    image.save(str(tmp_path / "packed.jpg"), quality=80)
    options = "data.path={}".format(tmp_path), "tile=80", "num_iter=1"
    found = results(*options)["packed"]
    assert "in 4 tiles" in found.note and 255 * found.facts["noise_told"] > 4.0


def test_an_unknown_kernel_is_estimated_in_a_tile(blurred, monkeypatch):
    monkeypatch.setattr("dmsp.blind.prediction.ITERATIONS", 2)
    options = "data.path={}".format(blurred), "task=deblur_blind", "task.kernel_size=7"
    options += ("kernel=gaussian", "task.kernel_blind.descents=1")
    found = results("tile=80", "num_iter=2", *options)["a"]
    assert found.estimated_kernel.shape == (7, 7) and "in 4 tiles" in found.note
    assert found.facts["kernel_seconds"] > 0
    assert found.restored.shape == found.degraded.shape


@pytest.mark.parametrize("corner", [(20, 20), (52, 36), (70, 52)])
def test_the_foremost_tile_has_the_steepest_window(corner):
    # Some noise all over is more in a tile than much in a patch, but less in a window.
    noise = np.random.RandomState(0)
    pixels = noise.randint(0, 90, (96, 80, 1)).astype(np.uint8).repeat(3, axis=2)
    top, left = corner
    pixels[top - 12 : top + 20, left - 12 : left + 20] = 100
    pixels[top : top + 8, left : left + 8] = noise.randint(0, 255, (8, 8, 1))
    batch = Batch(1, [], Identity((96, 80)), [images.Picture("a", pixels)], cut=Cut(16, 8, 8))
    (observation,) = piecewise.foremost(batch, lambda part: steepness(part, 8)).observations
    assert observation.shape == (32, 32, 3)
    assert steepness(observation, 8) == pytest.approx(steepness(pixels, 8), rel=1e-5)


def batches(path, free, *overrides):
    """Return the batches of a folder as a machine with so much memory prepares them."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(memory, "available", lambda: free)
        work = experiment("data.path={}".format(path), "device=cpu", *overrides)
    found = [work.prepare(entries) for entries in work.batches]
    work.close()
    return found


def test_the_memory_decides_where_nobody_does(tmp_path):
    Image.new("RGB", (900, 700)).save(str(tmp_path / "a.png"))
    assert batches(tmp_path, 10**10)[0].cut is None
    assert batches(tmp_path, None)[0].cut is None
    (batch,) = batches(tmp_path, 25 * 10**7)
    assert batch.cut.side == 256 and batch.pictures[0].pixels.dtype == np.uint8
    (batch,) = batches(tmp_path, 7 * 10**8)
    assert batch.cut.side == 512
    (batch,) = batches(tmp_path, 10**10, "tile=128")
    assert batch.cut.side == 128
    for overrides in ("tile=null",), ("task.boundary=circular",):
        (batch,) = batches(tmp_path, 25 * 10**7, *overrides)
        assert "need about" in batch.skipped[0].reason and not batch.pictures


def test_what_cannot_be_cut_is_refused(tmp_path):
    Image.new("RGB", (400, 300)).save(str(tmp_path / "a.png"))
    (batch,) = batches(tmp_path, None, "tile=80", "task.boundary=replicate")
    assert "task.boundary=valid can be restored in tiles" in batch.skipped[0].reason


def test_a_tile_that_sees_nothing_leaves_its_picture_out(tmp_path):
    mask = np.zeros((300, 400), np.uint8)
    mask[:60] = 255
    Image.fromarray(mask).save(str(tmp_path / "mask.png"))
    (tmp_path / "photos").mkdir()
    Image.new("RGB", (400, 300)).save(str(tmp_path / "photos" / "a.png"))
    work = experiment(
        "data.path={}".format(tmp_path / "photos"),
        *("task=inpaint", "mask=file", "mask.path={}".format(tmp_path / "mask.png")),
        *("tile=80", "num_iter=1"),
    )
    batch, outcomes = work.restore(work.prepare(work.batches[0]))
    work.close()
    assert not outcomes and "leaves no pixel" in batch.skipped[0].reason


def rows(*residuals):
    return [
        {"iteration": k + 1, "ms": 10.0, "residual": r, "step": 1.0, "noise": 2.0}
        for k, r in enumerate(residuals)
    ]


def test_figures_of_tiles_are_pooled():
    pooled = piecewise.pooled([rows(3.0, 3.0), rows(4.0)])
    assert [row["residual"] for row in pooled] == pytest.approx([np.sqrt(12.5), 3.0])
    assert [row["ms"] for row in pooled] == [20.0, 10.0]
    assert piecewise.status(["done", "converged at iteration 3"]) == "done"
    both = ["converged at iteration 3", "converged at iteration 12"]
    assert piecewise.status(both) == both[1]
    bad = "diverged at iteration 2: not finite"
    assert piecewise.status(["done", bad]) == bad + ", in a tile"
