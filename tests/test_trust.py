"""What a configuration from somebody else cannot do."""

import json
import os
import subprocess
import sys

import numpy as np
import pytest
from hydra import compose, initialize_config_dir
from hydra._internal.config_loader_impl import ConfigLoaderImpl
from hydra._internal.config_search_path_impl import ConfigSearchPathImpl
from hydra.core.plugins import Plugins
from omegaconf import OmegaConf

from dmsp import masks, trust
from dmsp.config import CONF, build
from dmsp.errors import UserError
from tests.conftest import ROOT

FOREIGN = [
    ("hydra.callbacks.x._target_", "os.system"),
    ("hydra.callbacks.x", {"_target_": "dmsp.config.resolve"}),
    ("hydra.launcher._target_", "hydra_plugins.hydra_joblib_launcher._core.os.system"),
    ("hydra.sweeper._target_", "subprocess.Popen"),
    ("hydra.sweeper.a", {"b": {"_target_": "os.system"}}),
    ("hydra.launcher.a", [{"b": [{"_target_": "os.system"}]}]),
    ("hydra.launcher.a", {"_target_": "${oc.env:HOME}"}),
    ("hydra.job_logging.handlers.console.class", "logging.os.system"),
    ("hydra.job_logging.formatters.x", {"()": "os.system"}),
    ("hydra.hydra_logging.handlers.console.stream", "ext://os.system"),
    ("hydra.job.env_set.LD_PRELOAD", "evil.so"),
    ("hydra.launcher.setup", ["evil"]),
    ("hydra.launcher.ray", {"init": {"runtime_env": {"pip": "evil"}}}),
    ("trust_config", True),
]


def composed(*overrides):
    with initialize_config_dir(str(CONF), version_base="1.3"):
        return compose("config", list(overrides), return_hydra_config=True)


@pytest.mark.parametrize("key, value", FOREIGN)
def test_a_file_cannot_reach_out(key, value):
    config = composed()
    trust.check(config)
    OmegaConf.update(config, key, value, force_add=True)
    with pytest.raises(UserError, match="trust_config=true|only the command line"):
        trust.check(config)


@pytest.mark.parametrize(
    "text",
    [
        "+hydra.callbacks.x={_target_: os.system}",
        "+hydra.launcher.setup={_target_: os.system}",
        "hydra.launcher._target_=os.system",
        "hydra.job_logging.handlers.console.class=logging.os.system",
    ],
)
def test_nor_can_a_pasted_override(text):
    with pytest.raises(UserError, match="a config may not do this"):
        trust.check(composed(text))
    trust.check(composed(text, "trust_config=true"))


def test_what_a_user_types_for_his_cluster_is_his_own():
    trust.check(composed("+hydra.launcher.setup=[module load cuda]"))
    trust.check(composed("+hydra.job.env_set.OMP_NUM_THREADS=2"))


@pytest.mark.parametrize("folder", ["launcher", "sweeper"])
def test_our_own_presets_are_accepted(folder):
    for path in sorted((CONF / "hydra" / folder).glob("*.yaml")):
        settings = OmegaConf.to_container(OmegaConf.load(str(path)), resolve=False)
        config = composed()
        OmegaConf.update(config, "hydra." + folder, settings, merge=False, force_add=True)
        trust.check(config)


def test_hydra_asks_before_it_acts(tmp_path):
    """An experiment from outside, as a single run and as a sweep."""
    (tmp_path / "experiments").mkdir()
    text = (
        "# @package _global_\nhydra:\n  callbacks:\n    x:\n"
        "      _target_: builtins.open\n      file: {}\n      mode: w\n"
    )
    (tmp_path / "experiments" / "evil.yaml").write_text(text.format(tmp_path / "evidence"))
    for more in ([], ["-m", "noise=0.01,0.02"]):
        command = [sys.executable, "run.py", "--config-dir", str(tmp_path)]
        done = subprocess.run(
            command + more + ["+experiments=evil", "outputs={}".format(tmp_path)],
            cwd=str(ROOT),
            capture_output=True,
            text=True,
        )
        assert done.returncode == 2
        assert done.stderr.startswith("error: hydra.callbacks.x._target_=builtins.open: a config")
        assert len(done.stderr.splitlines()) == 1
        assert not (tmp_path / "evidence").exists()


@pytest.mark.parametrize(
    "node",
    [
        {"_target_": "os.system", "command": "true"},
        {"_target_": "dmsp.config.build", "node": {"a": 1}, "trust": True},
        {"_target_": "dmsp.config.resolve", "target": "os.system", "trust": True},
        {"_target_": "dmsp.cli.guard", "main": 1},
        {"_target_": "dmsp.images.write_png", "path": "x", "pixels": 1},
        {"_target_": "dmsp.images.reading.read", "path": "x"},
        {"_target_": "dmsp.training.train"},
        {"_target_": "dmsp.kernels._read"},
        {"_target_": "${where}", "where": "os.getcwd"},
        {"_target_": "dmsp.kernels.disk", "radius": {"_target_": "os.getpid"}},
        {"_target_": "dmsp.kernels.disk", "radius": {"_target_": "os.getpid", "_partial_": True}},
    ],
)
def test_a_target_is_a_part_that_is_offered(node):
    with pytest.raises(UserError, match="trust_config=true"):
        build(OmegaConf.create(node))


def test_targets_in_lists_are_not_called():
    node = {"_target_": "dmsp.tracking.none", "tags": [{"_target_": "os.abort"}]}
    assert build(OmegaConf.create(node)).run_id is None


class Evil:
    """Runs a command when it is unpickled."""

    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return os.system, ("touch '{}'".format(self.path),)


def pickled(tmp_path, ending):
    path = tmp_path / "evil.{}".format(ending)
    arrays = np.array([Evil(tmp_path / "evidence")], dtype=object)
    if ending == "npy":
        np.save(str(path), arrays, allow_pickle=True)
    else:
        np.savez(str(path), weights=arrays, metadata=json.dumps({"a": 1}))
    return path


@pytest.mark.parametrize("key", ["kernel=file kernel.path", "denoiser=npz denoiser.path"])
@pytest.mark.parametrize("ending", ["npy", "npz"])
def test_pickles_are_not_opened(tmp_path, key, ending):
    from tests.test_cli import told

    path = pickled(tmp_path, ending)
    assert told(*"{}={}".format(key, path).split()) != ""
    assert not (tmp_path / "evidence").exists()


@pytest.mark.parametrize("ending", ["npy", "npz"])
def test_a_pickle_is_no_mask(tmp_path, ending):
    path = pickled(tmp_path, ending)
    with pytest.raises(UserError, match="mask.path"):
        masks.from_file((8, 8), str(path))
    assert not (tmp_path / "evidence").exists()


def test_groups_are_listed_as_hydra_lists_them(tmp_path):
    (tmp_path / "task").mkdir()
    (tmp_path / "task" / "mine.yaml").write_text("name: mine\n")
    more = ["hydra.searchpath=[file://{}]".format(tmp_path)]
    Plugins.instance()  # brings the readers of files
    path = ConfigSearchPathImpl()
    path.append("main", "file://{}".format(CONF))
    path.append("schema", "structured://")
    ours, theirs = trust.CheckedLoader(path), ConfigLoaderImpl(path)
    assert "deblur" in ours.get_group_options("task")
    for group in ("", "task", "hydra"):
        assert ours.list_groups(group) == theirs.list_groups(group)
        assert ours.get_group_options(group) == theirs.get_group_options(group)
    assert "mine" in ours.get_group_options("task", overrides=more)
    assert "mine" not in ours.get_group_options("task")
