"""A run in MLflow, read back with MLflow's own client."""

import logging

import pytest

from dmsp import tracking
from dmsp.errors import UserError
from tests.tracking.stores import check, client, execute, found


def test_importing_is_quick():
    heavy = "{'mlflow', 'sqlalchemy', 'matplotlib', 'tensorflow', 'rich'}"
    code = (
        "import sys; from dmsp import tracking, progress, reports; assert not {} & set(sys.modules)"
    )
    check(execute(code.format(heavy)))


def test_run_is_recorded(outputs, opened, tmp_path):
    note = tmp_path / "note.txt"
    note.write_text("kept")
    config = {"noise": 0.02, "optimizer": {"mu": 0.9, "name": None}, "size": [1, 2], "on": True}
    tags = {"task": "superres", "git_commit": "abc", "sweep": None}
    with opened(tags=tags, params=config) as tracker:
        tracker.log_metrics({"psnr": 27.5, "ssim": None})
        tracker.log_metrics({"loss": 2.0}, step=7)
        tracker.log_artifact(note, "notes")
        tracker.set_tags({"late": 1})
    run = found(outputs, tracker)
    assert run.info.status == "FINISHED"
    assert run.data.params == {
        "noise": "0.02",
        "optimizer.mu": "0.9",
        "optimizer.name": "null",
        "size": "[1, 2]",
        "on": "true",
    }
    assert run.data.metrics == {"psnr": 27.5, "loss": 2.0}
    assert client(outputs).get_metric_history(tracker.run_id, "loss")[0].step == 7
    assert run.data.tags["run_key"] == tracker.key
    assert run.info.end_time - run.info.start_time < 60000
    assert run.data.tags["mlflow.runName"] == "a run"
    assert run.data.tags["mlflow.source.git.commit"] == "abc"
    assert run.data.tags["late"] == "1"
    assert "sweep" not in run.data.tags
    assert [file.path for file in client(outputs).list_artifacts(tracker.run_id, "notes")] == [
        "notes/note.txt"
    ]
    kept = outputs / "mlartifacts" / "tests" / tracker.run_id / "artifacts" / "notes" / "note.txt"
    assert kept.read_text() == "kept"


def test_folder_becomes_artifacts_without_what_is_hidden(outputs, opened, tmp_path):
    for name in ("a.csv", "strips/b.png", ".hydra/config.yaml", "strips/.c"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(name)
    with opened() as tracker:
        tracker.log_artifacts(tmp_path)
    folder = outputs / "mlartifacts" / "tests" / tracker.run_id / "artifacts"
    files = sorted(str(p.relative_to(folder)) for p in folder.rglob("*") if p.is_file())
    assert files == ["a.csv", "strips/b.png"]


def test_long_history_is_thinned_with_its_ends_kept(outputs, opened):
    with opened() as tracker:
        tracker.log_history({"long": [(k, 0.5 * k) for k in range(2501)], "short": [(3, 1.0)]})
    points = client(outputs).get_metric_history(tracker.run_id, "long")
    assert len(points) == 300
    assert {(0, 0.0), (2500, 1250.0)} <= {(point.step, point.value) for point in points}
    assert [p.step for p in client(outputs).get_metric_history(tracker.run_id, "short")] == [3]


def test_many_parameters_and_long_values_fit(outputs, opened):
    config = {"p{}".format(i): i for i in range(230)}
    config["a=b,[c]@é"] = "x" * 900
    with opened(params=config) as tracker:
        pass
    params = found(outputs, tracker).data.params
    assert len(params) == 231
    assert params["a_b__c___"] == "x" * 499 + "…"


def test_run_name_fits(outputs, opened):
    with opened(run_name="denoiser.path=http://me:secret@host\n" + "x" * 6000) as tracker:
        pass
    name = found(outputs, tracker).data.tags["mlflow.runName"]
    assert len(name) == 250 and name.startswith("denoiser.path=http://***@host xx")


def test_what_is_not_finite_becomes_a_tag(outputs, opened):
    with opened() as tracker:
        tracker.log_metrics({"psnr": float("inf"), "ssim": 0.5}, step=3)
        tracker.log_history({"loss": [(4, 1.0), (5, float("nan"))]})
    run = found(outputs, tracker)
    assert run.data.metrics == {"ssim": 0.5, "loss": 1.0}
    assert run.data.tags["nonfinite_at"] == "psnr at step 3"


def caused(error, cause):
    """Return an exception as C code leaves it in which another one was raised."""
    error.__cause__ = cause
    return error


@pytest.mark.parametrize(
    ("error", "status", "reason"),
    [
        (ValueError("no\ngood"), "FAILED", "ValueError: no good"),
        (UserError("kernel.path=x: is gone"), "FAILED", "kernel.path=x: is gone"),
        (OSError("http://me:secret@host/"), "FAILED", "OSError: http://***@host/"),
        (KeyboardInterrupt(), "KILLED", "interrupted"),
        (tracking.Killed("ended by SIGTERM"), "KILLED", "ended by SIGTERM"),
        (caused(SystemError(), tracking.Killed("by SIGTERM")), "KILLED", "by SIGTERM"),
        (caused(ValueError("no"), OSError("yes")), "FAILED", "ValueError: no"),
        (SystemExit(0), "FINISHED", None),
        (SystemExit(3), "FAILED", "SystemExit: 3"),
    ],
)
def test_status_says_how_the_run_ended(outputs, opened, error, status, reason):
    with pytest.raises(type(error)), opened() as tracker:
        tracker.log_metrics({"psnr": 1.0})
        raise error
    run = found(outputs, tracker)
    assert (run.info.status, run.data.tags.get("failure")) == (status, reason)
    assert run.data.metrics == {"psnr": 1.0}
    assert run.info.end_time is not None


def test_failure_without_exception(outputs, opened):
    with opened() as tracker:
        tracker.fail("a.png diverged at iteration 3")
        tracker.fail("another reason")
    run = found(outputs, tracker)
    assert run.info.status == "FAILED"
    assert run.data.tags["failure"] == "a.png diverged at iteration 3"


def test_deleted_experiment_comes_back(outputs, opened):
    with opened(experiment="deleted"):
        pass
    experiment = client(outputs).get_experiment_by_name("deleted")
    client(outputs).delete_experiment(experiment.experiment_id)
    with opened(experiment="deleted") as tracker:
        pass
    assert found(outputs, tracker).info.experiment_id == experiment.experiment_id


def test_nothing_is_printed_and_logging_stays_as_it_was(tmp_path, monkeypatch, capfd):
    monkeypatch.chdir(tmp_path)
    root = logging.getLogger()
    before = root.level, list(root.handlers), root.manager.disable
    with tracking.mlflow(None, "quiet", "run", outputs="outputs") as tracker:
        tracker.log_metrics({"psnr": 1.0})
    assert capfd.readouterr() == ("", "")
    assert (root.level, list(root.handlers), root.manager.disable) == before
    # In particular no mlruns in the working folder.
    assert [path.name for path in tmp_path.iterdir()] == ["outputs"]


def test_missing_artifact_is_told_and_the_rest_kept(outputs, opened, caplog, tmp_path):
    with opened() as tracker:
        tracker.log_artifact(tmp_path / "absent.png")
        tracker.log_metrics({"psnr": 2.0})
    assert found(outputs, tracker).data.metrics == {"psnr": 2.0}
    assert len(caplog.records) == 1


def test_no_tracking_takes_the_same_calls(tmp_path):
    with tracking.none(uri=None, experiment="e", outputs=tmp_path) as tracker:
        tracker.log_metrics({"psnr": 1.0}, step=1)
        tracker.log_history({"psnr": [(1, 1.0)]})
        tracker.log_artifact("absent")
        tracker.log_artifacts("absent")
        tracker.adopt()
        tracker.set_tags({"a": 1})
        tracker.fail("reason")
    assert tracker.run_id is None and tracker.key is None and tracker.ui_command is None
    assert not list(tmp_path.iterdir())


def test_both_trackers_have_one_interface():
    def methods(tracker):
        return {name for name in dir(tracker) if not name.startswith("_")}

    assert methods(tracking.Tracker) == methods(tracking.NoTracker)


SILENT = """
import socket, sys
calls = []
def record(self, address, *rest):
    calls.append(address)
    raise OSError("no network here")
socket.socket.connect = record
socket.getaddrinfo = lambda *arguments, **options: record(None, arguments)
from dmsp import tracking
with tracking.mlflow(None, "tests", "silent", outputs=sys.argv[1]) as tracker:
    tracker.log_metrics({"psnr": 1.0})
import mlflow, time
if mlflow.__version__[0] != "1":
    from mlflow.telemetry.client import get_telemetry_client
    assert get_telemetry_client() is None
time.sleep(1.0)
assert not calls, calls
"""


def test_nothing_leaves_the_machine(outputs, monkeypatch):
    """MLflow itself would be silent under pytest and CI, so the process knows of neither."""
    for name in ("PYTEST_CURRENT_TEST", "CI", "TF_BUILD", "MLFLOW_DISABLE_TELEMETRY"):
        monkeypatch.delenv(name, raising=False)
    check(execute(SILENT, outputs))
