"""What a user is told of a mistake, and the exit code."""

import json
import sys

import numpy as np
import pytest
from hydra import compose, initialize_config_dir
from hydra.errors import MissingConfigException
from PIL import Image

from dmsp import cli
from dmsp.config import CONF, check
from dmsp.errors import UserError
from dmsp.sweeps import claims, outcomes


def told(*overrides):
    """Return the line for a configuration that is composed, checked and built."""
    from dmsp.experiment import Experiment

    try:
        with initialize_config_dir(str(CONF), version_base="1.3"):
            config = compose("config", list(overrides))
            check(config)
            Experiment(config).close()
    except Exception as error:
        return cli.explain(error)
    return ""


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    """Pictures, kernels and weights, most of them wrong in a way."""
    folder = tmp_path_factory.mktemp("files")
    for name in ("empty", "broken", "pictures"):
        (folder / name).mkdir()
    (folder / "broken" / "a.png").write_text("no picture")
    (folder / "text.npz").write_text("no weights")
    Image.new("RGB", (24, 24)).save(str(folder / "pictures" / "a.png"))
    np.save(str(folder / "zero.npy"), np.zeros((5, 5)))
    np.savez(str(folder / "two.npz"), k1=np.ones((3, 3)), k2=np.eye(5))
    return folder


@pytest.mark.parametrize(
    "overrides, line",
    [
        ("nosie=0.02", "nosie: no such key; did you mean 'noise'?"),
        ("+nosie=0.02", "nosie: no such key; did you mean 'noise'?"),
        ("+figures=nothing", "figures: no such key; choose one of: batch_size,"),
        ("taks=superres", "taks: no such key; did you mean 'task'?"),
        ("task=superess", "task=superess: no such choice; did you mean 'superres'?"),
        ("optimizer=momentum optimizer.mo=0.3", "optimizer.mo: no such key; did you mean"),
        ("optimizer=momentum +optimizer.mo=0.3", "optimizer.mo: no such key; did you mean 'mu'?"),
        ("data.pth=x", "data.pth: no such key; did you mean 'data.path'?"),
        ("task.scale=2", "task.scale: only task="),
        ("hydra.jop=1", "Could not override 'hydra.jop'."),
        ("noise", "noise: cannot be read; write key=value"),
        ("noise=[", "noise=[: cannot be read; write key=value"),
        ("noise=0.01,0.02", "noise=0.01,0.02: several values make a sweep; add -m"),
        ("optimizer=null", "Config group override must be a string"),
        ("noise=-1", "noise=-1: give a fraction of the peak from 0 to 1, such as 0.02"),
        ("noise=abc", "noise=abc: give a fraction of the peak from 0 to 1, such as 0.02"),
        ("~noise", "noise=null: give a fraction of the peak"),
        ("sigma_dae=0", "sigma_dae=0: give grey levels from 0.01 to 255, such as 11"),
        ("num_iter=0", "num_iter=0: give a whole number from 1 to 1000000"),
        ("num_iter=1.5", "num_iter=1.5: give a whole number from 1 to 1000000"),
        ("batch_size=0", "batch_size=0: give a whole number from 1"),
        ("seed=x", "seed=x: give a whole number from 0"),
        ("tolerance=-1", "tolerance=-1: give grey levels from 0"),
        ("trust_config=maybe", "trust_config=maybe: give true or false"),
        ("resume=again", "resume=again: give true or false"),
        ("outputs=null", "outputs is empty"),
        (
            "optimizer._target_=os.system",
            "optimizer._target_=os.system: a config may call only the parts",
        ),
        ("optimizer._target_=dmsp.cli.os", "optimizer._target_=dmsp.cli.os: a config may call"),
        (
            "optimizer._target_=dmsp.noise.NamedTuple",
            "optimizer._target_=dmsp.noise.NamedTuple: a config",
        ),
        (
            "optimizer._target_=dmsp.nothing.X",
            "optimizer._target_=dmsp.nothing.X: a config may call",
        ),
        (
            "optimizer._target_=dmsp.kernels.np",
            "optimizer._target_=dmsp.kernels.np: is no function or class",
        ),
        ("optimizer._target_=dmsp.kernels.X", "optimizer._target_=dmsp.kernels.X: cannot be found"),
        ("optimizer._target_=5", "optimizer._target_=5: a config may call only"),
        ("optimizer=momentum optimizer.mu=abc", "optimizer.mu=abc: give a number, such as 0.9"),
        ("optimizer=momentum optimizer.mu=null", "optimizer.mu=null: give a number, such as 0.9"),
        ("optimizer.steps=1.5", "optimizer.steps=1.5: give a whole number"),
        ("device.threads=x", "device.threads=x: give a whole number from 1"),
        ("device.threads=-1", "device.threads=-1: give a whole number from 1"),
        ("device.convolution=x", "device.convolution=x: give fourier, spatial"),
        ("device=cpu device.iterations_per_call=0", "device.iterations_per_call=0: give a whole"),
        ("device=gpu device.index=-1", "device.index=-1: give a whole number from 0"),
        ("device=gpu device.index=99", "device=gpu: TensorFlow "),
        ("precision.mode=foo", "precision.mode=foo: no such mode; choose one of: allow_fp32"),
        ("data=folder", "data.path is missing: name the folder of pictures, data.path=photos"),
        ("data=folder data.path=/nowhere", "data.path=/nowhere: no such folder or file"),
        ("data=folder data.path={}/empty", "data.path={}/empty: no picture matches *.bmp"),
        ("data=folder data.path={}/broken", "{}/broken: none of its 1 files is a readable picture"),
        ("data=folder data.path={}/pictures data.glob=/*", "data.glob=/*: give a pattern below"),
        ("data=folder data.path={}/pictures data.limit=x", "data.limit=x: give a whole number"),
        ("data.limit=0", "data.limit=0: give a whole number from 1"),
        ("data.resize=x", "data.resize=x: give pixels, such as 256 or [180,180]"),
        ("kernel=file", "kernel.path is missing: name the kernel's file, kernel.path=psf.png"),
        ("kernel=file kernel.path={}/no.npz", "kernel.path={}/no.npz: no such file"),
        ("kernel=file kernel.path={}/text.npz", "kernel.path={}/text.npz: cannot be read as a"),
        ("kernel=file kernel.path={}/zero.npy", "kernel.path={}/zero.npy: the kernel's values sum"),
        ("kernel=file kernel.path={}/two.npz", "kernel.path={}/two.npz: holds several arrays"),
        ("kernel=file kernel.path={}/two.npz kernel.name=k11", "kernel.name=k11: not in {}/two."),
        ("kernel.std=0", "kernel.std=0: give a number of pixels above 0"),
        ("kernel.size=1.5", "kernel.size=1.5: give a whole number from 1"),
        (
            "kernel=motion kernel.seed=-1",
            "kernel.seed=-1: give a whole number from 0 to 4294967295",
        ),
        ("denoiser=npz", "denoiser.path is missing: give it with denoiser.path=…"),
        ("denoiser=npz denoiser.path=/no.npz", "weights /no.npz: no such file"),
        ("denoiser=npz denoiser.path={}/text.npz", "weights {}/text.npz: expected an npz file of"),
        (
            "denoiser=npz denoiser.path={}/two.npz",
            "weights {}/two.npz: expected an npz file of dmsp, found one without metadata",
        ),
        ("denoiser=matconvnet denoiser.path={}/text.npz", "weights {}/text.npz: expected a"),
    ],
)
def test_a_mistake_takes_a_line(files, overrides, line):
    answer = told(*overrides.replace("{}", str(files)).split())
    assert answer.startswith(line.replace("{}", str(files)))
    assert "\n" not in answer


@pytest.mark.parametrize("engine, extra", sorted(cli.PLUGINS.items()))
def test_a_launcher_that_is_not_installed_says_what_brings_it(engine, extra, monkeypatch):
    error = MissingConfigException("", missing_cfg_file="hydra/launcher/" + engine)
    monkeypatch.setattr(cli.sys, "version_info", (3, 11))
    answer = cli.explain(error)
    assert answer == "hydra/launcher={}: needs a plugin; pip install -e .[{}]".format(engine, extra)
    monkeypatch.setattr(cli.sys, "version_info", (3, 7))
    assert ("not for Python 3.7" in cli.explain(error)) == (engine == "ray")


def test_the_default_is_no_mistake():
    assert told("data.limit=1") == ""


def test_exit_codes_and_streams(codes, capsys):
    def raises(error):
        def main():
            raise error

        return main

    assert cli.guard(lambda: None) == 0
    assert capsys.readouterr() == ("", "")
    assert cli.guard(raises(UserError("noise=-1: give another"))) == 2
    assert capsys.readouterr() == ("", "error: noise=-1: give another\n")
    assert cli.guard(raises(FileExistsError(17, "File exists", "runs"))) == 2
    line = "error: runs: cannot be written (File exists); free it, or give another folder with"
    assert capsys.readouterr().err.startswith(line)
    assert cli.guard(raises(KeyboardInterrupt())) == 1
    assert capsys.readouterr().err == "interrupted\n"
    assert cli.guard(raises(ZeroDivisionError("of ours"))) == 1
    text = capsys.readouterr().err
    assert "Traceback" in text and text.endswith("ZeroDivisionError: of ours\n")


@pytest.mark.parametrize(
    "given, read",
    [
        ("a=1 -m b=2", "-m a=1 b=2"),
        ("a=1 --config-dir x b=2 -cn y c=3", "--config-dir x -cn y a=1 b=2 c=3"),
        ("a=1 --config-dir=x b=2", "--config-dir=x a=1 b=2"),
        ("a=1 --info b=2", "--info all a=1 b=2"),
        ("a=1 --info defaults-tree b=2", "--info defaults-tree a=1 b=2"),
        ("a=1 ~b --config-dir", "--config-dir a=1 ~b"),
    ],
)
def test_options_may_stand_among_the_overrides(monkeypatch, given, read):
    monkeypatch.setattr(sys, "argv", ["run.py"] + given.split())
    assert cli.guard(lambda: None) == 0
    assert sys.argv == ["run.py"] + read.split()


def test_a_single_job_that_failed_is_told_once(codes, capsys):
    codes.append(2)
    assert cli.guard(lambda: None) == 2
    assert capsys.readouterr().err == ""


def test_a_sweep_ends_with_its_table(codes, capsys, tmp_path):
    def sweep():
        outcomes.start(tmp_path)
        for job, (status, code) in enumerate([("done", 0), ("failed", 2), ("running", 0)]):
            outcome = outcomes.Outcome(
                job, ["a=1", "noise={}".format(job)], str(tmp_path / str(job))
            )
            outcome = outcome._replace(status=status, code=code, reason="[x] why" * (code > 0))
            outcomes.Reporter(tmp_path, outcome).set(outcome)

    assert cli.guard(sweep) == 1
    out, err = capsys.readouterr()
    assert "1 done, 1 failed, 1 killed" in out
    rows = [line for line in out.splitlines() if "noise=" in line]
    assert len(rows) == 3 and "[x] why" in rows[1] and "a=1" not in out
    assert err.splitlines() == [
        "failed: job 1 (a=1 noise=1): [x] why",
        "killed: job 2 (a=1 noise=2): its process ended",
    ]
    table = (tmp_path / "sweep.csv").read_text().splitlines()
    assert len(table) == 4 and table[2].startswith("1,failed,,,,,a=1 noise=1,[x] why,")
    jobs = json.loads((tmp_path / "sweep.json").read_text())["jobs"]
    assert [job["status"] for job in jobs] == ["done", "failed", "killed"]
    # A queue's job goes on when the sweep that handed it over is interrupted.
    with claims.claimed(tmp_path / "2", "hash"):
        outcome = outcomes.Outcome(2, [], str(tmp_path / "2"))
        outcomes.Reporter(tmp_path, outcome).set(outcome)
        assert outcomes.gathered(tmp_path)[2].status == "running"
    assert outcomes.gathered(tmp_path)[2].status == "killed"
    # The next sweep there starts with a clean sheet.
    outcomes.start(tmp_path)
    assert outcomes.finish() == []


def test_an_interrupted_sweep_tells_of_the_jobs_that_were_never_handed_out(codes, capsys, tmp_path):
    def sweep():
        outcomes.start(tmp_path, [["a=1", "noise={}".format(job)] for job in range(4)])
        outcome = outcomes.Outcome(1, ["a=1", "noise=1"], str(tmp_path / "1"), "done")
        outcomes.Reporter(tmp_path, outcome).set(outcome)
        raise KeyboardInterrupt

    assert cli.guard(sweep) == 1
    out, err = capsys.readouterr()
    assert "1 done, 3 not started" in out and err == "interrupted\n"
    jobs = json.loads((tmp_path / "sweep.json").read_text())["jobs"]
    assert [(job["status"], job["overrides"][1]) for job in jobs] == [
        *(("not started", "noise=0"), ("done", "noise=1")),
        *(("not started", "noise=2"), ("not started", "noise=3")),
    ]
