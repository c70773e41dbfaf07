"""What makes two runs the same."""

import shutil

import numpy as np
import pytest
from hydra import compose, initialize_config_dir
from PIL import Image

from dmsp.config import CONF
from dmsp.errors import UserError
from dmsp.provenance import BUNDLED, config_hash


def hash_of(*overrides):
    with initialize_config_dir(str(CONF), version_base="1.3"):
        return config_hash(compose("config", list(overrides)))


@pytest.fixture
def files(tmp_path):
    """A folder of pictures and one of other files."""
    for folder in ("pictures", "others"):
        (tmp_path / folder).mkdir()
    for name in "ab":
        Image.new("RGB", (8, 8)).save(str(tmp_path / "pictures" / (name + ".png")))
    np.save(str(tmp_path / "others" / "kernel.npy"), np.eye(3))
    return tmp_path


def test_where_a_run_computes_and_writes_does_not_count():
    same = [
        *("outputs=/elsewhere", "tracking=none", "resume=true", "fail_fast=true"),
        *("device.threads=1", "num_iter=8", "trust_config=true", "tile=auto"),
    ]
    assert hash_of(*same) == hash_of()
    assert len(hash_of()) == 16


@pytest.mark.parametrize(
    "override",
    [
        *("noise=0.02", "sigma_dae=7", "seed=1", "num_iter=13", "optimizer.beta=0.5"),
        *("kernel.std=2", "task=denoise", "noise_level=blind", "data.limit=2", "tolerance=0.1"),
        *("precision=allow_mix_precision", "batch_size=2", "device.convolution=spatial"),
        *("tile=null", "tile=1024"),
    ],
)
def test_what_decides_the_figures_counts(override):
    assert hash_of(override) != hash_of()


def test_runs_from_before_there_were_tiles_go_on():
    now = hash_of()
    with initialize_config_dir(str(CONF), version_base="1.3"):
        assert config_hash(compose("config", ["~tile"])) == now


def test_the_content_of_files_counts_and_not_their_place(files, tmp_path):
    def asked(root):
        return [
            *("data=folder", "data.path={}/pictures".format(root)),
            *("kernel=file", "kernel.path={}/others/kernel.npy".format(root)),
        ]

    before = hash_of(*asked(files))
    moved = tmp_path / "moved"
    for name in ("pictures", "others"):
        shutil.copytree(str(files / name), str(moved / name))
    assert hash_of(*asked(moved)) == before
    np.save(str(moved / "others" / "kernel.npy"), np.ones((3, 3)))
    kernel = hash_of(*asked(moved))
    assert kernel != before
    Image.new("RGB", (8, 8), (1, 2, 3)).save(str(moved / "pictures" / "a.png"))
    assert hash_of(*asked(moved)) not in (kernel, before)


def test_the_bundled_weights_count_by_their_content(files):
    copied = files / BUNDLED.name
    shutil.copy(str(BUNDLED), str(copied))
    assert hash_of("denoiser.path={}".format(copied)) == hash_of()
    copied.write_bytes(b"other weights")
    assert hash_of("denoiser.path={}".format(copied)) != hash_of()


def test_a_training_is_known_by_its_folders_and_settings(files):
    def asked(*more):
        paths = "data.path=[{0}/pictures,{0}/more]".format(files)
        return hash_of("task=train_denoiser", paths, *more)

    shutil.copytree(str(files / "pictures"), str(files / "more"))
    before = asked()
    assert asked("task.folder=/elsewhere") == before
    assert asked("task.training.steps=3") != before
    Image.new("RGB", (8, 8), (1, 2, 3)).save(str(files / "more" / "a.png"))
    assert asked() != before


def test_pictures_that_are_not_there_take_a_line():
    with pytest.raises(UserError, match="data.path=/nowhere: no such folder"):
        hash_of("data=folder", "data.path=/nowhere")
