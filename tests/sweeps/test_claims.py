"""Whose folder is whose."""

import subprocess
import sys

import pytest

from dmsp.errors import UserError
from dmsp.sweeps.claims import claimed, is_taken, record_of

SUMMARY = {"psnr": 30.0, "verdict": "1 picture restored"}


def finished(folder, config_hash="a"):
    with claimed(folder, config_hash) as claim:
        claim.finish(SUMMARY)


def test_what_is_finished_is_found_by_resume_only(tmp_path):
    finished(tmp_path)
    with claimed(tmp_path, "a", resume=True) as claim:
        assert claim.summary == SUMMARY
    with claimed(tmp_path, "a") as claim:
        assert claim.summary is None and not claim.continues
    with claimed(tmp_path, "a", resume=True) as claim:  # that one did not finish
        assert claim.summary is None and claim.continues


def test_a_job_that_failed_is_done_again(tmp_path):
    with pytest.raises(ZeroDivisionError), claimed(tmp_path, "a"):
        assert record_of(tmp_path)["status"] == "running"
        raise ZeroDivisionError("why")
    assert record_of(tmp_path)["status"] == "stopped" and record_of(tmp_path)["reason"] == "why"
    with claimed(tmp_path, "a", resume=True) as claim:
        assert claim.continues and claim.summary is None


def test_a_job_that_is_killed_after_its_end_stays_done(tmp_path):
    with pytest.raises(KeyboardInterrupt), claimed(tmp_path, "a") as claim:
        claim.finish(SUMMARY)
        raise KeyboardInterrupt
    with claimed(tmp_path, "a", resume=True) as claim:
        assert claim.summary == SUMMARY


def test_resume_in_an_empty_folder_starts_anew(tmp_path):
    with claimed(tmp_path / "new", "a", resume=True) as claim:
        assert not claim.continues


@pytest.mark.parametrize("resume", [True, False])
def test_the_folder_of_another_job_is_refused_and_left_alone(tmp_path, resume):
    finished(tmp_path)
    before = record_of(tmp_path)
    with pytest.raises(UserError, match="belongs to another configuration"):  # noqa: SIM117
        with claimed(tmp_path, "b", resume):
            pass
    assert record_of(tmp_path) == before


def test_results_without_a_record_are_not_overwritten(tmp_path):
    (tmp_path / "results.csv").write_text("name")
    assert is_taken(tmp_path)
    with pytest.raises(UserError, match="holds the results of an older run"):  # noqa: SIM117
        with claimed(tmp_path, "a"):
            pass


def test_a_broken_record_counts_as_none(tmp_path):
    (tmp_path / ".dmsp").mkdir()
    (tmp_path / ".dmsp" / "job.json").write_text('{"config_h')
    assert record_of(tmp_path) is None and not is_taken(tmp_path)


def test_two_processes_do_not_work_in_one_folder(tmp_path):
    script = (
        "import sys; from dmsp.sweeps.claims import claimed\n"
        "with claimed(sys.argv[1], 'a'): print('here', flush=True); sys.stdin.read()"
    )
    other = subprocess.Popen(
        [sys.executable, "-c", script, str(tmp_path)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    assert other.stdout.readline().strip() == b"here"
    with pytest.raises(UserError, match="another process is at work"):  # noqa: SIM117
        with claimed(tmp_path, "a", resume=True):
            pass
    other.kill()
    other.communicate()
    with claimed(tmp_path, "a", resume=True) as claim:
        assert claim.continues
