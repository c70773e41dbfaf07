"""What becomes of a job: its outcome, its exit code and what is said of it."""

import pytest
from omegaconf import OmegaConf

from dmsp import cli, launcher
from dmsp.sweeps import outcomes


class Job:
    """Stands in for :class:`dmsp.sweeps.outcomes.Reporter`."""

    def __init__(self, failed=False):
        self.outcome, self._failed = outcomes.Outcome(0, [], "folder"), failed

    def set(self, outcome):
        self.outcome = outcome

    def others_failed(self):
        return self._failed


def test_a_job_that_fails_is_noted_with_its_traceback_in_the_log(codes, tmp_path, monkeypatch):
    job = Job()
    monkeypatch.setattr(cli.sweeps, "reporter", lambda: job)
    monkeypatch.setattr(launcher, "run", lambda config: 1 // 0)
    place = {"runtime": {"output_dir": str(tmp_path)}, "job": {"name": "dmsp"}, "mode": "RUN"}
    monkeypatch.setattr(cli.HydraConfig, "get", lambda: OmegaConf.create(place))
    assert cli.attempt({}) is None
    assert job.outcome.status == "failed" and job.outcome.code == 1 and codes == [1]
    assert job.outcome.reason.startswith("ZeroDivisionError")
    assert "Traceback" in (tmp_path / "dmsp.log").read_text()


def test_fail_fast_starts_no_job_after_one_that_failed(codes, monkeypatch):
    monkeypatch.setattr(launcher, "run", lambda config: {"objective": 30.0})
    for failed, fast, status, objective in [
        (True, True, "not started", None),
        (True, False, "done", 30.0),
        (False, True, "done", 30.0),
    ]:
        job = Job(failed)
        monkeypatch.setattr(cli.sweeps, "reporter", lambda job=job: job)
        assert cli.attempt({"fail_fast": fast}) == objective
        assert job.outcome.status == status and job.outcome.code == 0


@pytest.mark.parametrize("kept", [False, True])
def test_a_run_that_diverged_keeps_its_figures_and_has_an_exit_code(
    codes, monkeypatch, capsys, kept
):
    summary = {"psnr": 30.0, "diverged": 1, "images": 3, "objective": 0.0, "kept": kept}
    monkeypatch.setattr(launcher, "run", lambda config: summary)
    job = Job()
    monkeypatch.setattr(cli.sweeps, "reporter", lambda: job)
    assert cli.guard(lambda: cli.attempt({})) == 1
    assert capsys.readouterr().err.splitlines() == [
        "error: 1 of 3 pictures diverged; each keeps its best estimate, and folder/results.csv "
        "says which"
    ]
    assert (job.outcome.status, job.outcome.psnr) == ("diverged", 30.0)


@pytest.mark.parametrize("in_c_code", [False, True])
def test_a_job_that_is_killed_is_noted(codes, monkeypatch, in_c_code):
    job = Job()
    monkeypatch.setattr(cli.sweeps, "reporter", lambda: job)

    def interrupted(config):
        killed = KeyboardInterrupt("ended by SIGTERM")
        if in_c_code:
            raise SystemError("TF_NewBuffer returned a result with an error set") from killed
        raise killed

    monkeypatch.setattr(launcher, "run", interrupted)
    with pytest.raises(KeyboardInterrupt):
        cli.attempt({})
    assert job.outcome.status == "killed" and job.outcome.reason == "ended by SIGTERM"
