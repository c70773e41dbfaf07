"""The commands of python -m dmsp.denoisers."""

import json

import numpy as np
import pytest
import tensorflow.compat.v1 as tf

from dmsp import denoisers
from dmsp.denoisers import benchmark, storage, tf_checkpoint
from dmsp.denoisers.__main__ import main
from tests.denoisers.conftest import UNET, random_weights
from tests.denoisers.test_matconvnet import conv, save_version_5, two_layers
from tests.denoisers.test_pytorch import kair
from tests.denoisers.torch_files import fake_torch, save_archive, save_safetensors, tensors


def evaluated(denoiser):
    x = np.random.RandomState(0).uniform(0, 255, (1, 9, 7, 3))
    with tf.Graph().as_default(), tf.Session() as session:
        return session.run(denoiser(tf.constant(x, tf.float32), 20.0))


def dae(tmp_path, monkeypatch):
    kernels, biases = two_layers(3, 3)
    layers = [conv(kernels[0], biases[0]), {"type": "relu"}, conv(kernels[1], biases[1])]
    return save_version_5(tmp_path / "dae_sigma7.mat", layers, bare=True)


def pth(tmp_path, monkeypatch):
    fake_torch(monkeypatch)
    return save_archive(tmp_path / "dncnn_sigma7.pth", *tensors(kair(3, 4, 3)))


def safetensors(tmp_path, monkeypatch):
    return save_safetensors(tmp_path / "ffdnet.safetensors", kair(13, 4, 12))


def ours(tmp_path, monkeypatch):
    storage.save(str(tmp_path / "mine.npz"), random_weights(UNET))
    return str(tmp_path / "mine.npz")


def checkpoint(tmp_path, monkeypatch):
    tf_checkpoint.save(str(tmp_path / "model.ckpt"), random_weights(UNET))
    return str(tmp_path / "model.ckpt")


@pytest.mark.parametrize("make", [dae, pth, safetensors, ours, checkpoint])
def test_a_converted_denoiser_is_the_same(tmp_path, monkeypatch, capsys, make):
    source, target = make(tmp_path, monkeypatch), str(tmp_path / "converted.npz")
    assert main(["convert", source, target]) == 0
    assert "use it with denoiser=npz denoiser.path={}".format(target) in capsys.readouterr().out
    before, after = denoisers.file(source), denoisers.npz(target)
    assert (before.digest, before.sigma) == (after.digest, after.sigma)
    assert denoisers.default(source).digest == before.digest
    assert before.sigma == (7.0 if "sigma7" in source else None)
    np.testing.assert_array_equal(evaluated(before), evaluated(after))


def test_a_level_may_be_told_and_half_the_size_taken(tmp_path, monkeypatch, capsys):
    source, target = dae(tmp_path, monkeypatch), tmp_path / "converted.npz"
    assert main(["convert", source, str(target), "--sigma", "9", "--half"]) == 0
    assert "for σ = 9" in capsys.readouterr().out
    assert denoisers.npz(str(target)).sigma == 9.0
    with np.load(str(target)) as stored:
        assert stored["conv0"].dtype == np.float16


def test_mistakes_take_a_line(tmp_path, monkeypatch, capsys):
    mine = ours(tmp_path, monkeypatch)
    for words, message in (
        (["convert", mine, "b.mat"], "b.mat: the result is an npz file"),
        (["convert", mine, mine], "name another target"),
        (["convert", "a.onnx", "b.npz"], "a.onnx: expected a .npz, .mat, .pth, .pt or"),
        (["convert", "none.pth", "b.npz"], "none.pth: No such file"),
        (["benchmark", "none.npz"], "none.npz: no such file"),
        (["benchmark", mine, "--repeats", "0"], "--repeats=0: give a whole number"),
        (["benchmark", mine, "--megapixels", "0"], "--megapixels=0: give a number above 0"),
        (["benchmark", mine, "--tile", "0"], "tile=0: give pixels from 1"),
    ):
        assert main(words) == 2
        error = capsys.readouterr().err
        assert message in error and error.startswith("error: ") and error.count("\n") == 1
    with pytest.raises(SystemExit):
        main(["benchmark", "--size", "3"])
    assert "give rows x columns, such as 321x481" in capsys.readouterr().err


def test_benchmark_measures_beside_the_published_network(tmp_path, monkeypatch, capsys):
    mine, figures = ours(tmp_path, monkeypatch), tmp_path / "figures.json"
    words = [mine, "--size", "24x32", "--repeats", "1", "--tile", "16", "--json", str(figures)]
    assert main(["benchmark", *words]) == 0
    out = capsys.readouterr().out
    assert "24 x 32 pixels" in out and "peak resident memory of this process: " in out
    cells = [line.strip("| ").split(" | ") for line in out.splitlines() if line.startswith("|")]
    rows = {(row[0], row[4]): dict(zip(cells[0], row)) for row in cells[2:]}
    reference = rows["published DAE's network", "fp32"]
    # 20 convolutions 3×3: 3 to 64, 18 of 64 to 64, 64 to 3 channels.
    assert reference["MAC a pixel"] == "667 k" and reference["GMAC"] == "0.5"
    assert reference["published / this"] == "1.00"
    stored = json.loads(figures.read_text())
    # The ratio, not which is faster: one evaluation of so few pixels says nothing of that.
    here, there = (row["ms_per_megapixel"]["fp32"] for row in stored["rows"])
    assert float(rows[mine, "fp32"]["published / this"]) == pytest.approx(there / here, abs=0.006)
    assert [row["name"] for row in stored["rows"]] == [mine, "published DAE's network"]
    assert stored["rows"][0]["macs_per_pixel"] == denoisers.npz(mine).macs_per_pixel
    assert stored["rows"][0]["ms_per_megapixel"]["fp32"] > 0
    assert 5e7 < stored["peak_bytes"] < 1e11


def test_a_large_picture_is_measured_alone(capsys, tmp_path, monkeypatch):
    mine = ours(tmp_path, monkeypatch)
    words = ["--megapixels", "1.2", "--tile", "256", "--repeats", "1", "--modes", "fp32"]
    assert main(["benchmark", mine, *words]) == 0
    out = capsys.readouterr().out
    assert "894 x 1342 pixels, 1.20 megapixels" in out
    assert "published" not in out


def test_the_published_network_keeps_its_biases():
    denoiser = benchmark.published()
    assert all(np.any(denoiser.arrays["conv{}.bias".format(index)]) for index in range(20))
