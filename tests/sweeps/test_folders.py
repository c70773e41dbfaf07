"""Where a job goes, and where resume finds it again."""

import pytest
from hydra import compose, initialize_config_dir
from hydra.core.hydra_config import HydraConfig

from dmsp import cli, sweeps
from dmsp.config import CONF
from dmsp.provenance import config_hash
from dmsp.sweeps import folders
from dmsp.sweeps.callback import SweepCallback
from dmsp.sweeps.claims import claimed

sweeps.register()


def composed(*overrides):
    with initialize_config_dir(str(CONF), version_base="1.3"):
        return compose("config", list(overrides), return_hydra_config=True)


def finished(folder, config):
    with claimed(folder, config_hash(config)) as claim:
        claim.finish({})


@pytest.fixture(autouse=True)
def no_hydra():
    yield
    HydraConfig.instance().cfg = None


def test_a_sweep_without_resume_numbers_its_jobs():
    assert composed("hydra.job.num=7").hydra.sweep.subdir == "7"


def test_a_job_finds_its_folder_whatever_its_number(tmp_path):
    place = "hydra.sweep.dir={}".format(tmp_path)
    for number, noise in enumerate([0.01, 0.02]):
        finished(tmp_path / str(number), composed("noise={}".format(noise)))

    def folder(number, noise):
        overrides = ["noise={}".format(noise), "hydra.job.num={}".format(number)]
        return composed("resume=true", place, *overrides).hydra.sweep.subdir

    assert folder(0, 0.01) == "0" and folder(2, 0.02) == "1"
    assert folder(2, 0.03) == "2"  # a new job
    assert folder(1, 0.03) == "1-2"  # a new job whose number is another's
    finished(tmp_path / "1-2", composed("noise=0.04"))
    assert folder(1, 0.03) == "1-3" and folder(5, 0.04) == "1-2"


def test_a_configuration_that_cannot_be_hashed_keeps_its_number(tmp_path):
    config = composed("resume=true", "data=folder", "data.path=/nowhere", "hydra.job.num=3")
    assert config.hydra.sweep.subdir == "3"


def test_the_newest_run_of_the_same_configuration_is_continued(tmp_path):
    place = "outputs={}".format(tmp_path)
    for name, noise in [("01", 0.02), ("02", 0.02), ("03", 0.03)]:
        finished(tmp_path / "deblur" / "day" / name, composed("noise={}".format(noise)))
    config = composed("noise=0.02", "resume=true", place)
    SweepCallback().on_run_start(config)
    assert config.hydra.run.dir == str(tmp_path / "deblur" / "day" / "02")
    for others in (["noise=0.5", "resume=true"], ["noise=0.02"]):
        config = composed(place, *others)
        SweepCallback().on_run_start(config)
        assert "02" not in config.hydra.run.dir.split("/")[-1:]
    config = composed("noise=0.02", "resume=true", place, "hydra.run.dir=here")
    SweepCallback().on_run_start(config)
    assert config.hydra.run.dir == "here"


def sweep_of(tmp_path, *overrides):
    """Return a sweep's configuration as Hydra composes it."""
    config = composed("outputs={}".format(tmp_path), *overrides)
    SweepCallback().on_multirun_start(config)
    return config


def test_the_newest_sweep_of_the_same_overrides_is_continued(tmp_path):
    first = sweep_of(tmp_path, "noise=0.02", "sigma_dae=7").hydra.sweep.dir
    again = sweep_of(tmp_path, "noise=0.02", "sigma_dae=7").hydra.sweep.dir
    assert first != again
    same = ["sigma_dae=7", "resume=true", "noise=0.02", "device.threads=1", "tracking=none"]
    config = sweep_of(tmp_path, *same)
    assert config.hydra.sweep.dir == again
    # The jobs compose their configuration from the overrides.
    assert config.hydra.overrides.hydra[-1] == "hydra.sweep.dir='{}'".format(again)
    other = sweep_of(tmp_path, "noise=0.03", "sigma_dae=7", "resume=true")
    assert other.hydra.sweep.dir not in (first, again)
    named = sweep_of(tmp_path, *same + ["hydra.sweep.dir={}/here".format(tmp_path)])
    assert named.hydra.sweep.dir == str(tmp_path / "here")


def test_the_folder_of_another_sweep_is_refused_and_left_alone(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(cli, "_codes", [])
    monkeypatch.setenv("HYDRA_FULL_ERROR", "0")  # put back after the test
    place = "hydra.sweep.dir={}/here".format(tmp_path)
    sweep_of(tmp_path, "noise=0.02", place)
    (tmp_path / "here" / "sweep.csv").write_text("of the first")
    code = cli.guard(lambda: sweep_of(tmp_path, "noise=0.05", place))
    assert code == 2 and "here: holds another sweep; with resume=true" in capsys.readouterr().err
    assert (tmp_path / "here" / "sweep.csv").read_text() == "of the first"
    sweep_of(tmp_path, "noise=0.02", place, "device.threads=1")
    sweep_of(tmp_path, "noise=0.05", "resume=true", place)


def test_the_jobs_of_a_grid_are_known_before_they_start():
    config = composed()
    config.hydra.sweeper.params = {"seed": "3"}
    config.hydra.overrides.task = ["noise=0.01,0.02", "sigma_dae=range(7,10,2)"]
    assert folders.planned(config) == [
        ["seed=3", "noise={}".format(noise), "sigma_dae={}".format(sigma)]
        for noise in (0.01, 0.02)
        for sigma in (7, 9)
    ]
    config.hydra.overrides.task = ["noise=interval(0,1)"]  # for a search only
    assert folders.planned(config) == []
    config.hydra.sweeper._target_ = "another.Sweeper"
    assert folders.planned(config) == []


def test_any_folder_can_be_continued(tmp_path):
    folder = tmp_path / "it's a, {place}=\\[x]"
    assert composed(folders.override("hydra.sweep.dir", folder)).hydra.sweep.dir == str(folder)
