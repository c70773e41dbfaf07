"""A training whose process is ended by ``kill -9``, and continued."""

import pathlib
import subprocess
import sys
import time

import numpy as np
import pytest
from PIL import Image

from dmsp.denoisers import storage

ROOT = pathlib.Path(__file__).resolve().parent.parent
STEPS = 400


@pytest.fixture
def pictures(tmp_path):
    folder = tmp_path / "pictures"
    folder.mkdir()
    for index in range(4):
        pixels = np.random.RandomState(index).randint(0, 255, (30, 40, 3)).astype(np.uint8)
        Image.fromarray(pixels).resize((80, 60)).save(str(folder / "{}.png".format(index)))
    return folder


def command(pictures, folder):
    return [
        *(sys.executable, str(ROOT / "run.py"), "task=train_denoiser", "tracking=none"),
        *("data.path={}".format(pictures), "hydra.run.dir={}".format(folder), "resume=true"),
        "task.training.architecture.channels=[8,8]",
        "task.training.architecture.blocks=[1,1]",
        *("task.training.batch_size=2", "task.training.patch=16", "task.training.holdout=1"),
        *("task.training.steps={}".format(STEPS), "task.training.checkpoint_every=20"),
    ]


def step_of(folder):
    return storage.load_arrays(str(folder / "checkpoint.npz"))[0]["step"]


@pytest.mark.slow
@pytest.mark.timeout(1200)
def test_a_training_that_is_killed_twice_ends_with_the_same_weights(pictures, tmp_path):
    plain, killed = tmp_path / "plain", tmp_path / "killed"
    subprocess.run(command(pictures, plain), check=True)
    for target in (60, 200):
        process = subprocess.Popen(command(pictures, killed), stdout=subprocess.DEVNULL)
        while not ((killed / "checkpoint.npz").exists() and step_of(killed) >= target):
            assert process.poll() is None
            time.sleep(0.02)
        process.kill()
        process.wait()
        assert target <= step_of(killed) < STEPS
    subprocess.run(command(pictures, killed), check=True)
    description, arrays = storage.load_arrays(str(plain / "checkpoint.npz"))
    other, others = storage.load_arrays(str(killed / "checkpoint.npz"))
    assert description["step"] == other["step"] == STEPS
    assert description["psnr"] == other["psnr"]
    assert sorted(arrays) == sorted(others)
    for name, array in arrays.items():
        np.testing.assert_array_equal(array, others[name], err_msg=name)
