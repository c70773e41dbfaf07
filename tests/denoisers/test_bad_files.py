"""Weights that cannot be used, each told in a line, what was expected and what found."""

import pathlib
import re
import subprocess
import sys

import numpy as np
import pytest
import scipy.io

from dmsp import denoisers
from dmsp.denoisers import storage
from dmsp.errors import UserError
from tests.denoisers.conftest import UNET, random_weights
from tests.denoisers.test_checkpoints import Evil
from tests.denoisers.test_matconvnet import conv, save_version_5, two_layers
from tests.denoisers.test_pytorch import kair
from tests.denoisers.torch_files import fake_torch, save_archive, save_safetensors, tensors

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
EXPECTED = {
    "cut.npz": "expected an npz file of dmsp, found a damaged or different one",
    "foreign.npz": "expected an npz file of dmsp, found one without metadata, of weights",
    "other.npz": "expected head of shape (3, 3, 16, 12), found (3, 3, 16, 8)",
    "unknown.npz": "weights unknown: unknown network architecture 'transformer'",
    "cut.mat": "expected a MatConvNet file with net.layers, found a damaged or different one",
    "kernels.mat": "expected a MatConvNet file with net.layers, found the variables k1, k2",
    "grey.mat": "found 1 channels in and 1 out; it is a network of grey pictures",
    "cut.pth": "expected a PyTorch checkpoint (.pth, .pt) or a .safetensors file, found a damaged",
    "evil.pth": "expected a checkpoint of tensors only, found one that would call",
    "resnet.pth": "of DRUNet (m_head.weight), found conv1.weight",
    "grey.pth": "found 1 channels in and 1 out; it is a network of grey pictures",
    "cut.safetensors": ".safetensors file, found a damaged one (model.2.weight is cut off)",
    "grey.safetensors": "found 5 channels in and 4 out; it is a network of grey pictures",
}


def cut(path, keep):
    path.write_bytes(path.read_bytes()[:keep])


def make_ours(folder):
    weights = random_weights(UNET)
    storage.save(str(folder / "cut.npz"), weights)
    cut(folder / "cut.npz", 3000)
    np.savez(str(folder / "foreign.npz"), weights=np.zeros(3))
    other = {"kind": "unet", "channels": [12, 12], "blocks": [1, 1]}
    storage.save(str(folder / "other.npz"), weights._replace(architecture=other))
    storage.save(
        str(folder / "unknown.npz"), weights._replace(architecture={"kind": "transformer"})
    )


def make_matconvnet(folder):
    kernels, biases = two_layers(1, 1)
    layers = [conv(kernels[0], biases[0]), {"type": "relu"}, conv(kernels[1], biases[1])]
    for name in ("grey.mat", "cut.mat"):
        save_version_5(folder / name, layers)
    cut(folder / "cut.mat", 500)
    scipy.io.savemat(str(folder / "kernels.mat"), {"k1": np.ones(3), "k2": np.ones(3)})


def make_pytorch(folder):
    with pytest.MonkeyPatch.context() as patch:
        fake_torch(patch)
        save_archive(folder / "cut.pth", *tensors(kair(3, 4, 3)))
        cut(folder / "cut.pth", 700)
        save_archive(folder / "evil.pth", {"state_dict": Evil(folder / "was_here")}, [])
        save_archive(folder / "resnet.pth", *tensors({"conv1.weight": np.ones((2, 3, 7, 7))}))
        save_archive(folder / "grey.pth", *tensors(kair(1, 4, 1)))
    save_safetensors(folder / "grey.safetensors", kair(5, 4, 4))
    save_safetensors(folder / "cut.safetensors", kair(3, 4, 3))
    cut(folder / "cut.safetensors", -20)


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    """A folder of the files."""
    folder = tmp_path_factory.mktemp("weights")
    make_ours(folder)
    make_matconvnet(folder)
    make_pytorch(folder)
    return folder


@pytest.mark.parametrize("name", sorted(EXPECTED))
def test_a_bad_file_takes_a_line(files, name):
    with pytest.raises(UserError) as told:
        denoisers.file(str(files / name))
    assert EXPECTED[name] in str(told.value)
    assert pathlib.Path(name).stem in str(told.value)
    assert "\n" not in str(told.value)


@pytest.mark.parametrize("name", sorted(EXPECTED))
@pytest.mark.parametrize("read", [denoisers.npz, denoisers.matconvnet, denoisers.pytorch])
def test_another_formats_reader_takes_a_line_too(files, read, name):
    with pytest.raises(UserError, match="expected|unknown") as told:
        read(str(files / name))
    assert "\n" not in str(told.value)


def test_a_run_ends_with_that_line_and_runs_nothing(files):
    done = subprocess.run(
        [
            *(sys.executable, "run.py", "-m", "task=denoise", "data.limit=1", "data.crop=32"),
            *("tracking=none", "outputs={}".format(files / "outputs"), "denoiser=pytorch"),
            "denoiser.path={0}/evil.pth,{0}/grey.pth".format(files),
        ],
        cwd=str(ROOT),
        capture_output=True,
        text=True,
    )
    assert done.returncode == 2
    assert "Traceback" not in done.stdout + done.stderr
    assert not (files / "was_here").exists()
    reasons = re.findall(r"^failed: job \d+ \(.*?\): (.*)$", done.stderr, re.MULTILINE)
    for name, reason in zip(("evil.pth", "grey.pth"), reasons):
        assert EXPECTED[name] in reason and str(files / name) in reason
    assert len(reasons) == 2
