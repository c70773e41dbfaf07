"""Real servers of MLflow, on loopback."""

import json

from dmsp import tracking
from tests.tracking.stores import fetch


def log_a_run(uri, tmp_path, **options):
    """Log a run with one of each kind of record; return its tracker."""
    note = tmp_path / "note.txt"
    note.write_text("kept")
    arguments = dict({"outputs": tmp_path / "outputs"}, **options)
    with tracking.mlflow(uri, "tests", "run", {"t": 1}, {"a": 1}, **arguments) as tracker:
        tracker.log_history({"psnr": [(k, k) for k in range(1500)]})
        tracker.log_artifact(note, "notes")
    return tracker


def read_back(server, run_id):
    run = json.loads(fetch(server + "/api/2.0/mlflow/runs/get?run_id=" + run_id).decode())
    assert run["run"]["info"]["status"] == "FINISHED"
    assert run["run"]["data"]["params"] == [{"key": "a", "value": "1"}]
    assert run["run"]["data"]["metrics"][0]["value"] == 1499
    query = "/api/2.0/mlflow/metrics/get-history?metric_key=psnr&run_id=" + run_id
    assert len(json.loads(fetch(server + query).decode())["metrics"]) == 300
    assert fetch(server + "/get-artifact?path=notes/note.txt&run_uuid=" + run_id) == b"kept"
