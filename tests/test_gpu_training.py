"""experiments/training: the same network in PyTorch, and its training in small."""

import pathlib
import subprocess
import sys

import numpy as np
import pytest
from PIL import Image

from dmsp import denoisers
from dmsp.denoisers import storage
from dmsp.tensorflow import tf

FOLDER = pathlib.Path(__file__).resolve().parent.parent / "experiments" / "training"


@pytest.fixture
def torch_networks(monkeypatch):
    pytest.importorskip("torch")
    monkeypatch.syspath_prepend(str(FOLDER))
    import torch_networks

    yield torch_networks
    sys.modules.pop("torch_networks")


def photographs(folder, sides=(96, 80)):
    folder.mkdir()
    for seed in range(3):
        pixels = np.random.RandomState(seed).randint(0, 255, (*sides, 3)).astype(np.uint8)
        Image.fromarray(pixels).save(str(folder / "{}.png".format(seed)))
    return folder


def run(script, *arguments):
    command = [sys.executable, str(FOLDER / script), *map(str, arguments)]
    return subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout


def test_the_network_in_pytorch_is_the_same(torch_networks):
    import torch

    x = np.random.RandomState(0).uniform(0, 255, (1, 21, 30, 3)).astype(np.float32)
    with tf.Graph().as_default(), tf.Session() as session:
        expected = session.run(denoisers.default()(tf.constant(x), 15.0))
    network = torch_networks.load(denoisers.BUNDLED)
    found = network(torch.from_numpy(x.transpose(0, 3, 1, 2) / 255), 15 / 255.0)
    np.testing.assert_allclose(255 * found.numpy().transpose(0, 2, 3, 1), expected, atol=2e-3)


def test_arrays_are_those_of_the_file(torch_networks):
    arrays = storage.load(denoisers.BUNDLED).arrays
    found = torch_networks.load(denoisers.BUNDLED).arrays()
    assert set(found) == set(arrays)
    for name, array in arrays.items():
        np.testing.assert_array_equal(found[name], array)


def test_a_file_of_another_network_is_refused(torch_networks):
    with pytest.raises(ValueError, match="layers"):
        torch_networks.UNet([8, 8], [1, 1]).set_arrays({"head": np.zeros((3, 3, 16, 8))})


@pytest.mark.parametrize("grey", [0, 1])
def test_a_short_training_writes_weights_that_denoise(torch_networks, tmp_path, grey):
    pictures, out = photographs(tmp_path / "pictures"), tmp_path / "small.npz"
    sizes = "--channels 8 8 --blocks 1 1 --batch 2 --patch 32"
    rest = "--device cpu --seconds 2 --holdout 1 --grey {}".format(grey)
    run("train.py", pictures, "--out", out, *sizes.split(" "), *rest.split(" "))
    weights = storage.load(str(out))
    assert weights.architecture["channels"] == [8, 8]
    assert weights.metadata["pictures"] == 2
    assert weights.metadata["steps"] > 0
    assert set(weights.metadata["validation"]) == {"5", "15", "25", "50"}
    with tf.Graph().as_default(), tf.Session() as session:
        denoised = denoisers.npz(path=str(out))(tf.ones([1, 8, 8, 3]), 5.0)
        assert np.isfinite(session.run(denoised)).all()


def test_photographs_are_reduced_to_half_or_less_and_small_ones_left_out(tmp_path):
    source = tmp_path / "source"
    source.mkdir()
    for name, sides in (("large", (3000, 300)), ("small", (800, 600)), ("skipped", (2000, 10))):
        Image.new("RGB", sides).save(str(source / (name + ".jpg")))
    text = run("pictures.py", source, "--out", tmp_path / "out", "--skip", "skipped")
    assert text.startswith("1 pictures")
    (path,) = (tmp_path / "out").iterdir()
    with Image.open(str(path)) as image:
        assert image.size == (1024, 102)
