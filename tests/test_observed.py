"""Photographs without a truth, from file to file."""

import csv
import json
import struct

import numpy as np
import png
import pytest
import tifffile
from hydra import compose, initialize_config_dir
from PIL import Image
from scipy.ndimage import correlate
from test_run import launch

from dmsp import kernels, memory
from dmsp.config import CONF
from dmsp.experiment import Experiment
from dmsp.restoration import Restoration
from dmsp.tensorflow import tf

KERNEL = kernels.gaussian(1.0)
RADIUS = 3


def scene(rows=60, columns=72):
    """A sharp colour picture, float32 grey levels."""
    i, j = np.mgrid[:rows, :columns].astype(np.float32)
    red = 40 + 170 * ((i // 12 + j // 15) % 2)
    green = 60 + 140 * (np.hypot(i - rows / 2, j - columns / 2) < rows / 3)
    blue = 128 + 80 * np.sin(i / 6) * np.cos(j / 7)
    return np.stack([red, green, blue], axis=2).astype(np.float32)


def photograph(sigma=2.0):
    """What a blurred, noisy camera sees of the scene, and the scene over that field of view."""
    truth = scene()
    blurred = np.stack([correlate(truth[..., c], KERNEL) for c in range(3)], axis=2)
    view = blurred[RADIUS:-RADIUS, RADIUS:-RADIUS]
    noise = sigma * np.random.RandomState(1).standard_normal(view.shape)
    return (view + noise).astype(np.float32), truth[RADIUS:-RADIUS, RADIUS:-RADIUS]


def experiment(*overrides):
    with initialize_config_dir(str(CONF), version_base="1.3"):
        config = compose("config", ["data=observed", "kernel.std=1.0"] + list(overrides))
    return Experiment(config)


def results(*overrides):
    """Restore in this process; return the pictures' results by name."""
    work = experiment(*overrides)
    try:
        found = []
        for entries in work.batches:
            found.extend(work.results(*work.restore(work.prepare(entries))))
        return {result.name: result for result in found}
    finally:
        work.close()


def save16(path, picture):
    tifffile.imwrite(str(path), np.rint(np.clip(picture, 0, 255) * 257).astype(np.uint16))


def rms(values):
    return float(np.sqrt(np.mean(np.square(values))))


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    """A folder of photographs of every kind, three of them bad, restored by the launcher."""
    folder = tmp_path_factory.mktemp("observed")
    photos = folder / "photos"
    photos.mkdir()
    seen = np.clip(np.rint(photograph()[0]), 0, 255).astype(np.uint8)
    turned = Image.fromarray(np.rot90(seen))
    exif = turned.getexif()
    exif[274] = 6
    turned.save(str(photos / "Straße 1.jpg"), exif=exif, quality=98)
    Image.fromarray(seen).convert("L").save(str(photos / "grey.png"))
    Image.fromarray(np.dstack([seen, seen[..., 0]])).save(str(photos / "clear.png"))
    save16(photos / "deep.tif", photograph()[0])
    (photos / "text.jpg").write_text("no picture")
    Image.new("RGB", (1, 1)).save(str(photos / "one.png"))
    (photos / "cut.jpg").write_bytes((photos / "Straße 1.jpg").read_bytes()[:1500])
    code, out, err = launch(
        folder / "out",
        "data=observed",
        "data.path={}".format(photos),
        "kernel.std=1.0",
        "num_iter=4",
        "batch_size=3",
        "hydra.run.dir={}/run".format(folder),
    )
    assert code == 0, err
    return folder / "run", out, seen


def test_photographs_are_restored_at_full_size_under_their_names(run):
    folder, out, seen = run
    found = {path.name: path for path in (folder / "restored").iterdir()}
    assert sorted(found) == ["Straße 1.png", "clear.png", "deep.tif", "grey.png"]
    for path in found.values():
        pixels = (
            tifffile.imread(str(path))
            if path.suffix == ".tif"
            else np.asarray(Image.open(str(path)))
        )
        assert pixels.shape[:2] == seen.shape[:2]
        scale = 257.0 if pixels.dtype == np.uint16 else 1.0
        if pixels.ndim == 3:
            assert rms(pixels[..., :3] / scale - photograph()[1]) < rms(seen - photograph()[1])
    with Image.open(str(found["clear.png"])) as image:
        np.testing.assert_array_equal(np.asarray(image)[..., 3], seen[..., 0])
    assert Image.open(str(found["grey.png"])).mode == "L"


def test_what_is_not_measured_is_said_to_be_so(run):
    folder, out, _ = run
    summary = json.loads((folder / "summary.json").read_text())
    assert [summary[key] for key in ("psnr", "ssim", "psnr_baseline", "noise")] == [None] * 4
    assert summary["metric_protocol"] == "not measured: there is no truth"
    assert summary["noise_level"] == "estimated" and 0 < summary["noise_told"] < 0.03
    assert "nothing is degraded" in out.splitlines()[0]
    assert "4 pictures restored (3 skipped), not measured: there is no truth" in out
    assert (folder / "convergence.png").exists()
    strip = Image.open(str(folder / "strips" / "clear.png"))
    assert strip.width < 2.5 * 280  # observed and restored, no third


def test_what_cannot_be_restored_takes_a_line_and_the_rest_is_done(run):
    folder, out, _ = run
    with open(str(folder / "results.csv"), newline="", encoding="utf-8") as file:
        status = {row["name"]: row["status"] for row in csv.DictReader(file)}
    assert len(status) == 7
    assert status["text.jpg"].startswith("skipped: is no picture")
    assert status["cut.jpg"].startswith("skipped: is broken")
    assert status["one.png"].startswith("skipped: cannot be restored: the kernel of 7 x 7")
    assert [line for line in out.splitlines() if line.startswith("skipped one.png: it cannot be")]


def test_the_border_is_restored_up_to_the_kernels_radius(tmp_path):
    seen, truth = photograph(sigma=1.0)
    save16(tmp_path / "a.tif", seen)
    found = results("data.path={}".format(tmp_path / "a.tif"))
    error = found["a"].restored - truth
    inner = error[2 * RADIUS : -2 * RADIUS, 2 * RADIUS : -2 * RADIUS]
    ring = np.ones(error.shape[:2], bool)
    ring[2 * RADIUS : -2 * RADIUS, 2 * RADIUS : -2 * RADIUS] = False
    ring[:RADIUS] = ring[-RADIUS:] = ring[:, :RADIUS] = ring[:, -RADIUS:] = False
    assert found["a"].restored.shape == seen.shape
    assert rms(error[ring]) < 1.5 * rms(inner)
    assert rms(inner) < 0.75 * rms(seen - truth)


def test_a_jpeg_s_compression_is_reckoned_with(tmp_path):
    seen, truth = photograph(sigma=1.0)
    image = Image.fromarray(np.clip(np.rint(seen), 0, 255).astype(np.uint8))
    image.save(str(tmp_path / "packed.jpg"), quality=80)
    with Image.open(str(tmp_path / "packed.jpg")) as packed:
        packed.save(str(tmp_path / "hidden.png"))
    found = results("data.path={}".format(tmp_path))
    errors = {name: rms(result.restored - truth) for name, result in found.items()}
    assert 255 * found["packed"].facts["noise_told"] > 4.0
    assert errors["packed"] < 0.97 * errors["hidden"]


def test_a_kernel_that_contradicts_the_photograph_is_doubted(tmp_path):
    seen, truth = photograph()
    save16(tmp_path / "blurred.tif", seen)
    save16(tmp_path / "sharp.tif", truth)
    known = "noise_level=known", "noise={}".format(2.0 / 255)
    found = results("data.path={}".format(tmp_path), *known)
    assert "kernel and picture contradict each other" in found["sharp"].doubt
    assert found["sharp"].note == "16 bits, " + found["sharp"].doubt
    assert (found["blurred"].doubt, found["blurred"].note) == ("", "16 bits")


def test_a_grey_photograph_is_restored_in_grey_and_cleared_of_all_its_noise(tmp_path):
    seen, truth = (picture.mean(axis=2) for picture in photograph(sigma=17.0))
    save16(tmp_path / "a.tif", seen)
    found = results("data.path={}".format(tmp_path / "a.tif"))
    assert 255 * found["a"].facts["noise_told"] == pytest.approx(10, rel=0.2)
    # Taken for noise of three channels, it would be left in the picture.
    assert rms(found["a"].restored.mean(axis=2) - truth) < 0.8 * rms(seen - truth)
    assert found["a"].form.grey and found["a"].restored.std(axis=2).max() < 10


def test_super_resolution_enlarges(tmp_path):
    save16(tmp_path / "a.tif", scene()[::2, ::2])
    found = results(
        "task=superres", "kernel.std=0.5", "num_iter=2", "data.path={}".format(tmp_path / "a.tif")
    )
    assert found["a"].restored.shape == found["a"].degraded.shape == (60, 72, 3)
    assert found["a"].baseline and found["a"].psnr is None


def test_a_raw_mosaic_becomes_a_picture_in_colour(tmp_path):
    truth = scene()
    mosaic = truth[..., 1].copy()
    mosaic[::2, ::2], mosaic[1::2, 1::2] = truth[::2, ::2, 0], truth[1::2, 1::2, 2]
    save16(tmp_path / "a.tif", mosaic)
    Image.fromarray(truth.astype(np.uint8)).save(str(tmp_path / "colour.png"))
    work = experiment("task=demosaic", "num_iter=4", "data.path={}".format(tmp_path))
    raw, colour = (work.prepare(entries) for entries in work.batches)
    (skipped,) = colour.skipped
    assert skipped.name == "colour.png" and "no mosaic" in skipped.reason
    (result,) = work.results(*work.restore(raw))
    work.close()
    assert not result.form.grey and result.form.dtype == np.uint16
    assert rms(result.restored - truth) < 0.5 * rms(mosaic[..., None] - truth)


def test_a_photograph_beyond_the_memory_is_left_out_with_the_keys_that_help(tmp_path, monkeypatch):
    with open(str(tmp_path / "a.png"), "wb") as file:  # only the header of 100 megapixels
        header = struct.pack(">2I5B", 10000, 10000, 8, 2, 0, 0, 0)
        png.write_chunks(file, [(b"IHDR", header), (b"IDAT", b""), (b"IEND", b"")])
    Image.new("RGB", (32, 32)).save(str(tmp_path / "b.png"))
    monkeypatch.setattr(memory, "available", lambda: 8 * 10**9)
    work = experiment("data.path={}".format(tmp_path), "device=cpu", "tile=null")
    large, small = (work.prepare(entries) for entries in work.batches)
    work.close()
    (skipped,) = large.skipped
    assert skipped.name == "a.png" and "\n" not in skipped.reason
    assert "10006 x 10006 pixels need about" in skipped.reason and "8.0 are free" in skipped.reason
    assert "data.crop=" in skipped.reason and "tile=auto" in skipped.reason
    assert len(small.pictures) == 1


def test_a_device_without_memory_for_a_picture_goes_on_with_the_next(tmp_path, monkeypatch):
    Image.new("RGB", (32, 32)).save(str(tmp_path / "a.png"))
    work = experiment("data.path={}".format(tmp_path))

    def exhausted(*arguments):
        raise tf.errors.ResourceExhaustedError(None, None, "out of memory")

    monkeypatch.setattr(Restoration, "run", exhausted)
    batch, outcomes = work.restore(work.prepare(work.batches[0]))
    work.close()
    assert not outcomes and not list(work.results(batch, outcomes))
    assert [skipped.name for skipped in batch.skipped] == ["a"]
    assert "tile=1024" in batch.skipped[0].reason


def test_holes_are_filled_whatever_the_file_holds_there(tmp_path):
    truth = scene()
    lost = np.random.RandomState(0).rand(*truth.shape[:2]) < 0.3
    holed = np.where(lost[:, :, None], 0, truth)
    mask = np.where(lost, 0, 255).astype(np.uint8)
    Image.fromarray(mask).save(str(tmp_path / "mask.png"))
    save16(tmp_path / "a.tif", holed)
    found = results(
        "task=inpaint",
        "mask=file",
        "mask.path={}".format(tmp_path / "mask.png"),
        "data.path={}".format(tmp_path / "a.tif"),
        "num_iter=6",
    )
    error = found["a"].restored - truth
    assert rms(error[~lost]) < 5 and rms(error[lost]) < 20 < rms(holed - truth)
