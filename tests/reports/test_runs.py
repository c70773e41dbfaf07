"""Runs read back from their folders, and who is compared with whom."""

import json
import subprocess
import sys

import pytest

from dmsp.errors import UserError
from dmsp.reports import page, runs
from dmsp.reports.__main__ import main
from tests.reports.conftest import write_run


def load(*folders):
    return runs.load([str(folder) for folder in folders])


def best(found, **options):
    return sorted(found.table.at[index, "run"] for index in found.best(**options))


def test_only_what_was_swept_is_a_column(sweep):
    found = load(sweep)
    assert found.swept == ["noise", "sigma_dae"]
    assert found.observed == ["noise"]
    assert list(found.table["run"]) == list("012345")
    assert list(found.table["sigma_dae"]) == [7, 11, 15] * 2
    assert found.table["gain"][1] == pytest.approx(28.3 - 22.0, abs=0.02)
    assert found.label(1) == "noise 0.01, sigma_dae 11"


def test_best_is_picked_among_runs_on_the_same_observations(sweep):
    found = load(sweep)
    assert best(found) == ["1", "5"]
    assert best(found, by=["sigma_dae"]) == ["0", "1", "2"]
    assert found.runs[1].command == "python run.py task=deblur noise=0.01 sigma_dae=11"


def test_the_command_that_repeats_a_run_does_not_resume_it(tmp_path):
    write_run(tmp_path, overrides=("noise=0.01", "resume=True"))
    assert load(tmp_path).runs[0].command == "python run.py noise=0.01"


def test_what_a_choice_brings_with_it_is_no_column(tmp_path):
    write_run(tmp_path / "a", optimizer="Adam", mu=0.9, num_iter=3)
    write_run(tmp_path / "b", optimizer="Momentum", mu=0.8, num_iter=4)
    assert load(tmp_path).swept == ["optimizer"]
    write_run(tmp_path / "c", optimizer="Momentum", mu=0.5, num_iter=4)
    assert load(tmp_path).swept == ["optimizer", "optimizer.mu"]
    write_run(tmp_path / "d", optimizer="Adam", overrides=["num_iter=3"], num_iter=3)
    assert load(tmp_path).swept == ["optimizer", "num_iter", "optimizer.mu"]


def test_other_protocols_and_data_sets_are_ranked_apart(tmp_path):
    write_run(tmp_path / "a", 28.0)
    write_run(tmp_path / "b", 29.0, facts={"metric_protocol": "Y, border 4x4"})
    write_run(tmp_path / "c", 30.0, pictures=3)
    write_run(tmp_path / "d", 31.0, facts={"data_sha256": "1"})
    found = load(tmp_path)
    assert found.groups == [0, 1, 2, 3]
    assert best(found) == best(found, by=[]) == list("abcd")


def test_runs_cut_short_or_diverged_are_shown_but_not_ranked(tmp_path):
    write_run(tmp_path / "a", 28.0)
    write_run(tmp_path / "b", 40.0, facts={"status": "stopped: interrupted"})
    write_run(tmp_path / "c", 41.0, facts={"diverged": 2})
    found = load(tmp_path)
    assert best(found) == ["a"]
    assert list(found.table["status"]) == ["done", "stopped: interrupted", "2 of 8 diverged"]


def test_half_written_runs_are_left_out_with_a_note(tmp_path):
    write_run(tmp_path / "a")
    write_run(tmp_path / "b")
    (tmp_path / "b" / "summary.json").write_text('{"psnr": 2')
    (write_run(tmp_path / "c") / "summary.json").unlink()
    (write_run(tmp_path / "d") / "summary.json").write_text(json.dumps({"x": 1}))
    found = load(tmp_path)
    assert list(found.table["run"]) == ["a"]
    assert len(found.notes) == 3
    assert "no summary.json; the run is not at its end" in found.notes[1]


def test_jobs_without_figures_are_named_with_their_reason(tmp_path, capsys):
    sweep = tmp_path / "sweep"
    write_run(sweep / "0")
    (write_run(sweep / "1") / "summary.json").unlink()
    write_run(tmp_path / "other" / "0")
    jobs = [
        {"job": job, "overrides": ["seed=0", "noise={}".format(noise)], "status": status}
        for job, noise, status in [(0, 0.01, "done"), (1, 0.02, "killed"), (2, -1, "failed")]
    ]
    for job in jobs:
        reason = {"failed": "noise=-1: give <a> fraction"}.get(job["status"], "")
        job.update(folder="/elsewhere/{}".format(job["job"]), reason=reason)
    (sweep / "sweep.json").write_text(json.dumps({"jobs": jobs}))
    told = ["job 1, noise=0.02: killed", "job 2, noise=-1: failed: noise=-1: give <a> fraction"]
    found = load(sweep)
    assert found.notes == ["left out: " + words for words in told]
    assert "&lt;a&gt; fraction" in page.render(found, []) and "2 left out" in page.render(found, [])
    assert load(tmp_path).notes == found.notes and load(sweep / "0").notes == []
    (sweep / "sweep.json").write_text(
        json.dumps({"jobs": jobs + [dict(jobs[2], folder=str(k)) for k in range(3, 33)]})
    )
    assert len(load(sweep).notes) == 21 and "12 more jobs; see" in load(sweep).notes[-1]
    main(["compare", str(sweep), "--out", str(tmp_path / "out")])
    assert "… and 1 more; compare's page has them all" in capsys.readouterr().out
    (sweep / "sweep.json").write_text("[1]")
    assert len(load(sweep).notes) == 1


def test_nothing_to_compare(tmp_path):
    with pytest.raises(UserError, match="nowhere: no such folder"):
        load(tmp_path / "nowhere")
    with pytest.raises(UserError, match="no run in it; name a folder of runs"):
        load(tmp_path)
    (write_run(tmp_path / "a") / "summary.json").unlink()
    with pytest.raises(UserError, match="no run has figures; left out: .*no summary.json"):
        load(tmp_path)


def test_globs_single_runs_and_copies(sweep):
    assert len(load(sweep / "[01]").runs) == 2
    assert len(load(sweep / "3").runs) == 1
    assert len(load(sweep, sweep / "3").runs) == 6
    copy = sweep.parent / "mlartifacts" / "x"
    copy.mkdir(parents=True)
    (copy / "summary.json").write_text("{}")
    assert len(load(sweep.parent).runs) == 6


def test_unknown_column_is_answered_with_the_nearest(sweep):
    found = load(sweep)
    found.check("sigma_dae", "--x")
    with pytest.raises(UserError, match="^--x=sigma_dea: no column .* did you mean 'sigma_dae'"):
        found.check("sigma_dea", "--x")
    with pytest.raises(UserError, match="--x=seed: no column of that name; all runs have 0"):
        found.check("seed", "--x")


def test_importing_is_light():
    code = (
        "import sys; from dmsp.reports import __main__; "
        "print(sorted({'tensorflow', 'mlflow', 'pandas', 'matplotlib'} & set(sys.modules)))"
    )
    assert subprocess.check_output([sys.executable, "-c", code]).strip() == b"[]"
