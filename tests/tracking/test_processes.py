"""Processes that are killed, and many at once."""

import os
import signal
from types import SimpleNamespace

import pytest

from dmsp.tracking import process, sync
from tests.tracking.stores import check, client, execute, runs

# The children of one process need not import MLflow each.
CHILDREN = """
import os, sys, time
os.environ["MLFLOW_DISABLE_TELEMETRY"] = "true"
import mlflow
import mlflow.store.tracking.sqlalchemy_store
from dmsp import tracking

def child(function, *arguments):
    pid = os.fork()
    if pid:
        return pid
    try:
        function(*arguments)
    except KeyboardInterrupt:
        os._exit(1)
    except BaseException:
        import traceback
        traceback.print_exc()
        os._exit(1)
    os._exit(0)
"""

KILLED = (
    CHILDREN
    + """
def job(name):
    folder = os.path.join(sys.argv[1], name)
    os.makedirs(folder)
    with tracking.killable(), tracking.mlflow(
        None, "tests", name, outputs=sys.argv[1], folder=folder
    ) as tracker:
        tracker.log_metrics({"psnr": 1.0})
        open(os.path.join(folder, "restored.png"), "w").close()
        print("ready", flush=True)
        time.sleep(60)

for name in ("SIGTERM", "SIGINT", "SIGKILL"):
    pid = child(job, name)
    print(name, pid, flush=True)
    os.waitpid(pid, 0)
"""
)


def test_killed_processes_leave_no_run_open(tmp_path, opened):
    """A signal closes the run; after kill -9 the next start does, with what was left."""
    outputs = tmp_path / "outputs"
    process = execute(KILLED, outputs)
    for _ in range(3):
        name, pid = process.stdout.readline().split()
        assert process.stdout.readline() == "ready\n"
        os.kill(int(pid), getattr(signal, name))
    check(process)
    before = {run.data.tags["mlflow.runName"]: run for run in runs(client(outputs))}
    assert {name: run.info.status for name, run in before.items()} == {
        "SIGTERM": "KILLED",
        "SIGINT": "KILLED",
        "SIGKILL": "RUNNING",
    }
    for name in ("SIGTERM", "SIGINT"):
        assert before[name].data.metrics == {"psnr": 1.0}
    with opened(outputs=outputs):
        pass
    run_id = before["SIGKILL"].info.run_id
    run = client(outputs).get_run(run_id)
    assert (run.info.status, run.data.metrics) == ("KILLED", {"psnr": 1.0})
    assert "without a word" in run.data.tags["failure"]
    assert [file.path for file in client(outputs).list_artifacts(run_id)] == ["restored.png"]
    assert not list(outputs.glob("mlflow-spool/*"))


@pytest.mark.parametrize("status, closed", [("RUNNING", ["1"]), ("FINISHED", [])])
def test_a_run_that_closes_itself_in_the_meantime_stays_as_it_is(status, closed):
    done = []
    tags = dict(process.identity(), process="1 {} never".format(process._space()))
    found = SimpleNamespace(info=SimpleNamespace(run_id="1"), data=SimpleNamespace(tags=tags))
    delivery = SimpleNamespace(
        search=lambda condition, everything: [found],
        status=lambda run_id: status,
        terminate=lambda run_id, *verdict: done.append(run_id),
    )
    sync.mark_stale(delivery)
    assert done == closed


TOGETHER = (
    CHILDREN
    + """
def job(i):
    time.sleep(max(0.0, start - time.time()))
    with tracking.mlflow(None, "race", str(i), {"i": i}, {"i": i}, outputs=sys.argv[1]) as tracker:
        for part in range(4):
            tracker.log_history({"psnr": [(50 * part + k, k) for k in range(50)]})
        tracker.log_metrics({"final": i})

start = time.time() + 0.5
children = [child(job, i) for i in range(int(sys.argv[2]))]
sys.exit(any([os.waitpid(child, 0)[1] for child in children]))
"""
)


def start_at_once(outputs, count):
    """All begin in one moment, with what they import there already."""
    assert check(execute(TOGETHER, outputs, count)) == ""
    experiment = client(outputs).get_experiment_by_name("race")
    assert experiment.artifact_location == (outputs / "mlartifacts" / "race").as_uri()
    found = runs(client(outputs), "race")
    assert [run.info.status for run in found] == ["FINISHED"] * count
    assert sorted(run.data.metrics["final"] for run in found) == list(range(count))
    for run in found:
        assert len(client(outputs).get_metric_history(run.info.run_id, "psnr")) == 200
    assert not list(outputs.glob("mlflow-spool/*"))


def test_three_processes_start_at_once_without_a_store(tmp_path):
    start_at_once(tmp_path / "outputs", 3)


@pytest.mark.slow
@pytest.mark.timeout(1800)
def test_eight_processes_start_at_once_without_a_store_twenty_times(tmp_path):
    for attempt in range(20):
        start_at_once(tmp_path / str(attempt), 8)
