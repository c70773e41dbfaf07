"""Runs in MLflow compared, few and a thousand."""

import os
import sqlite3
import time

import pytest

from dmsp.errors import UserError
from dmsp.reports import stored
from dmsp.reports.__main__ import main
from dmsp.tracking.address import Address
from dmsp.tracking.search import Record, search
from tests.reports.conftest import CONFIG, DEFAULTS, write_run
from tests.tracking.many_runs import fill, set_each

STEPS = 300


@pytest.fixture(autouse=True)
def environment():
    """Undo what opening a store sets."""
    before = dict(os.environ)
    yield
    os.environ.clear()
    os.environ.update(before)


def make_store(folder, count, params):
    """Write a store of runs whose folders are ``0`` … beside it; return its URI."""
    address = Address("sqlite:///{}".format(folder / "mlflow.db"))
    tags = {"sweep": "/there/1", "folder": "", "task": "deblur", "optimizer": "adam"}
    ids = fill(address, count, STEPS, dict(params, noise="0.01"), tags)
    with sqlite3.connect(str(address.path)) as connection:
        set_each(connection, "tags", "folder", ids, lambda job: str(folder / str(job)))
        connection.execute("UPDATE runs SET status = 'KILLED' WHERE run_uuid = ?", [ids[1]])
    return address.uri


@pytest.fixture(scope="module")
def store(tmp_path_factory):
    folder = tmp_path_factory.mktemp("store")
    write_run(folder / "0", 28.0, overrides=["sigma_dae=7"], sigma_dae=7)
    return make_store(folder, 4, {"num_iter": "4"})


def test_runs_of_a_store(store):
    found = stored.load(search(store))
    assert found.swept == ["sigma_dae"]
    assert list(found.table["status"]) == ["done", "killed", "done", "done"]
    assert found.runs[0].command == "python run.py sigma_dae=7"
    assert len(found.pictures(0)) == 8 and found.pictures(2) == {}
    assert "3 runs' files are not on this machine: no error bars" in found.notes
    assert len(search(store, sweep="there/1")) == 4
    assert len(search(store, condition="metrics.psnr > 28.0015")) == 2
    assert search(store, sweep="0" * 32) == []


def record(status="FINISHED", metrics=None, **tags):
    return Record("0" * 32, status, {"noise": "0.01"}, metrics or {}, tags, None)


def test_what_a_store_has_without_figures_is_counted():
    records = [
        record(metrics={"psnr": 28.0, "images": 2.0}),
        record(metrics={"images": 3.0, "seconds": 1.0}, job="1"),  # photographs without a truth
        record("RUNNING"),
        record("FAILED", failure="noise=-1: give a fraction"),
        record("FAILED", {"images": 0.0}, failure="no picture could be restored"),
        record("KILLED"),
        record(metrics={"psnr_25": 30.0}),  # a training
        record("FAILED", {"jobs": 3.0}, kind="sweep", failure="2 of 3 jobs failed"),
    ]
    found = stored.load(records)
    assert list(found.table["psnr"].fillna(0)) == [28.0, 0.0]
    lost = [
        "left out: 1 that did not reach their end",
        "left out: 2 without figures of a restoration, failed; the first: noise=-1: give a "
        "fraction",
        "left out: 1 without figures of a restoration, killed",
        "left out: 1 without figures of a restoration, done",
    ]
    assert found.notes == lost + ["2 runs' files are not on this machine: no error bars"]
    with pytest.raises(UserError, match="6 were found; left out: 1 that did not reach"):
        stored.load(records[2:])


def test_store_or_experiment_that_is_not_there(store, tmp_path, capsys):
    with pytest.raises(UserError, match="no such database"):
        search("sqlite:///{}".format(tmp_path / "none.db"))
    assert not list(tmp_path.iterdir())
    with pytest.raises(UserError, match="did you mean 'dmsp-deblur'"):
        search(store, experiment="dmsp-deblurr")
    assert main(["best", "--uri", store, "--filter", "nonsense"]) == 2
    assert capsys.readouterr().err.startswith("error: tracking.uri=sqlite")
    assert main(["best", "--sweep", "x"]) == 2
    assert "only with --uri" in capsys.readouterr().err


@pytest.mark.slow
@pytest.mark.timeout(1200)
def test_a_thousand_runs_in_ten_seconds(tmp_path, capsys):
    iterations = ["name,iteration,psnr,ssim,residual,step,ms\n"]
    for name in ("a", "b"):
        iterations += ["{},{},25,0.8,1,1,20\n".format(name, k) for k in range(1, STEPS + 1)]
    results = "name,psnr,ssim,psnr_baseline,status\na,{0},0.8,22,done\nb,{0},0.8,22,done\n"
    for job in range(1000):
        folder = tmp_path / "runs" / str(job)
        (folder / ".hydra").mkdir(parents=True)
        (folder / ".hydra" / "overrides.yaml").write_text("- sigma_dae={}\n".format(7 + job))
        (folder / "iterations.csv").write_text("".join(iterations))
        (folder / "results.csv").write_text(results.format(28 + job / 1000.0))
        (folder / "config.yaml").write_text(
            CONFIG.format(folder=folder, **dict(DEFAULTS, num_iter=STEPS, sigma_dae=7 + job))
        )
        (folder / "summary.json").write_text(
            '{{"status": "done", "psnr": {}, "ssim": 0.8, "psnr_baseline": 22, "images": 2, '
            '"metric_protocol": "RGB"}}'.format(28 + job / 1000.0)
        )
    uri = make_store(tmp_path / "runs", 1000, {"p{}".format(i): str(i) for i in range(60)})
    taken = {}
    for name, words in (("folders", [str(tmp_path / "runs")]), ("MLflow", ["--uri", uri])):
        start = time.monotonic()
        assert main(["compare", "--out", str(tmp_path / name)] + words) == 0
        taken[name] = time.monotonic() - start
    with capsys.disabled():
        print({name: round(seconds, 1) for name, seconds in taken.items()})
    assert max(taken.values()) < 10
