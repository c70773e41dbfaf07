"""Records are delivered once, whatever happens on the way."""

import threading
import time

import pytest

from dmsp.tracking import courier, process, store, sync
from dmsp.tracking.delivery import Delivery
from dmsp.tracking.store import Away, Store
from tests.tracking.stores import client, found, runs


class Gate:
    """Lets a store's calls through while it is open.

    It does what a server that is away does: opening the store raises :class:`Away`
    and every call another exception.
    """

    def __init__(self, monkeypatch):
        self.open = True
        self.calls = 0
        opening, call = Store.open, Store.call

        def gated_open(store, experiment):
            if not self.open:
                raise Away("tracking.uri=…: no server answers")
            return opening(store, experiment)

        def gated_call(store, function, *arguments):
            self.calls += 1
            if not self.open:
                raise ConnectionError("http://me:secret@host went away")
            return call(store, function, *arguments)

        monkeypatch.setattr(Store, "open", gated_open)
        monkeypatch.setattr(Store, "call", gated_call)


@pytest.fixture
def gate(monkeypatch):
    monkeypatch.setattr(courier, "PAUSE", 0.05)
    monkeypatch.setattr(courier, "LONGEST_PAUSE", 0.5)
    return Gate(monkeypatch)


def wait_for(condition):
    deadline = time.time() + 120
    while not condition() and time.time() < deadline:
        time.sleep(0.02)
    assert condition()


def log_everything(tracker, folder):
    folder.mkdir(exist_ok=True)
    (folder / "a.png").write_text("picture")
    tracker.log_metrics({"psnr": 2.0})
    tracker.log_history({"loss": [(k, 1.0 / (k + 1)) for k in range(20)]})
    tracker.set_tags({"late": "yes"})
    tracker.log_artifacts(folder)


def is_complete(outputs, run, status="FINISHED"):
    store = client(outputs)
    assert (run.info.status, run.data.metrics["psnr"]) == (status, 2.0)
    assert (run.data.params, run.data.tags["late"]) == ({"noise": "0.02"}, "yes")
    history = store.get_metric_history(run.info.run_id, "loss")
    assert sorted(point.step for point in history) == list(range(20))
    assert [file.path for file in store.list_artifacts(run.info.run_id)] == ["a.png"]
    return True


def test_away_at_the_start_and_back_in_the_middle(outputs, opened, gate, caplog, tmp_path):
    with opened():  # makes the database, which takes its time
        pass
    gate.open = False
    with opened(experiment="back", params={"noise": 0.02}) as tracker:
        assert tracker.run_id is None
        log_everything(tracker, tmp_path / "run")
        gate.open = True
        wait_for(lambda: tracker.run_id)
    assert is_complete(outputs, found(outputs, tracker))
    assert [record.getMessage() for record in caplog.records] == [
        "tracking.uri=…: no server answers; the run goes on, and its records are kept"
    ]


def test_gone_in_the_middle_and_delivered_by_the_next_run(
    outputs, opened, gate, caplog, tmp_path, monkeypatch
):
    monkeypatch.setattr(courier, "PATIENCE_AT_END", 0.5)
    with opened(experiment="gone", params={"noise": 0.02}) as tracker:
        wait_for(lambda: not tracker._journal.pending())
        gate.open = False
        log_everything(tracker, tmp_path / "run")
    lines = [record.getMessage() for record in caplog.records]
    assert len(lines) == 2
    assert "***@host went away; the run goes on, and its" in lines[0]
    assert lines[1].endswith("python -m dmsp.tracking sync {}".format(outputs))
    assert found(outputs, tracker).info.status == "RUNNING"
    gate.open = True
    with opened(experiment="another"):
        pass
    assert is_complete(outputs, found(outputs, tracker))
    assert len(runs(client(outputs), "gone")) == 1


def test_a_slow_store_does_not_hold_up_the_run(opened, monkeypatch):
    monkeypatch.setattr(courier, "PATIENCE_AT_END", 0.2)
    with opened() as tracker:
        held = threading.Event()
        monkeypatch.setattr(Store, "call", lambda *arguments: held.wait(20))
        start = time.time()
        for k in range(20):
            tracker.log_metrics({"loss": 1.0}, step=k)
        assert time.time() - start < 2
        start = time.time()
    assert time.time() - start < 2
    held.set()


def test_a_slow_answer_is_waited_for_at_the_end(outputs, opened, gate, caplog, monkeypatch):
    """Longer than a busy machine takes for it; what is given up is still delivered."""
    call = Store.call

    def slow(*arguments):
        time.sleep(0.5)
        return call(*arguments)

    assert courier.PATIENCE_AT_END > store.PATIENCE
    with opened(experiment="slow") as tracker:
        wait_for(lambda: not tracker._journal.pending())
        monkeypatch.setattr(Store, "call", slow)
        monkeypatch.setattr(courier, "PATIENCE_AT_END", 0.2)
        tracker.log_metrics({"psnr": 2.0})
    assert [record.getMessage().split(" with")[0] for record in caplog.records] == [
        "tracking: {} has not got everything; deliver the rest".format(
            tracker._store.address.display
        )
    ]
    wait_for(lambda: not list(tracker._spool.glob(tracker.key + "*")))
    assert found(outputs, tracker).info.status == "FINISHED"


class Crash(BaseException):
    """The process ends here."""


def test_a_crash_at_any_moment_duplicates_nothing(tmp_path, opened, gate, monkeypatch):
    """After each of the calls to MLflow, before it is noted; then all over again."""
    outputs = tmp_path / "outputs"
    monkeypatch.setattr(courier, "PATIENCE_AT_END", 0.1)
    call, crash_at = Store.call, [0]

    def crashing(store, function, *arguments):
        answer = call(store, function, *arguments)
        crash_at[0] -= 1
        if crash_at[0] == 0:
            raise Crash
        return answer

    for moment in range(1, 30):
        experiment = "crash {}".format(moment)
        gate.open = False
        options = {"experiment": experiment, "params": {"noise": 0.02}, "outputs": outputs}
        with opened(**options) as tracker:
            log_everything(tracker, tmp_path / "run")
        gate.open = True
        crash_at[0] = moment
        monkeypatch.setattr(Store, "call", crashing)
        crashed = False
        try:
            list(sync.deliver_left_behind(tracker._spool))
        except Crash:
            crashed = True
        monkeypatch.setattr(Store, "call", call)
        assert [outcome.error for outcome in sync.deliver_left_behind(tracker._spool)] == (
            [None] if crashed else []
        )
        (run,) = runs(client(outputs), experiment)
        assert is_complete(outputs, run)
        if not crashed:
            break
    assert moment > 7


def test_a_record_that_is_refused_does_not_hold_up_the_rest(
    outputs, opened, caplog, tmp_path, monkeypatch
):
    from mlflow.exceptions import MlflowException

    def refusing(delivery, values):
        raise MlflowException("http://me:secret@host: no", error_code=1000)

    monkeypatch.setattr(Delivery, "_send_tags", refusing)
    with opened() as tracker:
        tracker.set_tags({"bad": 1})
        tracker.log_artifact(tmp_path / "absent.png")
        tracker.log_metrics({"psnr": 2.0})
    assert found(outputs, tracker).data.metrics == {"psnr": 2.0}
    lines = [record.getMessage() for record in caplog.records]
    assert len(lines) == 2
    assert "***@host: no" in lines[0] and "absent.png: cannot be read" in lines[1]


def test_threads_may_log_together(outputs, opened):
    with opened() as tracker:
        threads = [
            threading.Thread(
                target=lambda i=i: [tracker.log_metrics({"m{}".format(i): k}, k) for k in range(50)]
            )
            for i in range(4)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    for i in range(4):
        history = client(outputs).get_metric_history(tracker.run_id, "m{}".format(i))
        assert sorted(point.step for point in history) == list(range(50))


def test_jobs_nest_under_their_sweep_whichever_comes_first(outputs, opened):
    with opened(experiment="nested", key="sweep", run_name="sweep") as parent:
        with opened(experiment="nested", parent="sweep", tags={"sweep_key": "sweep"}) as job:
            pass
        parent.adopt()
    with opened(experiment="late", parent="late", tags={"sweep_key": "late"}) as early:
        pass
    with opened(experiment="late", key="late") as late:
        late.adopt()
    assert found(outputs, job).data.tags["mlflow.parentRunId"] == parent.run_id
    assert found(outputs, early).data.tags["mlflow.parentRunId"] == late.run_id
    assert "mlflow.parentRunId" not in found(outputs, parent).data.tags


def test_a_run_that_goes_on_is_the_new_process_s(outputs, opened, monkeypatch):
    """Whoever looks for runs of processes that are gone must leave it alone."""
    own = process.identity()
    with monkeypatch.context() as patch:
        patch.setattr(
            process,
            "identity",
            lambda: dict(own, process="1 {} 0".format(own["process"].split()[1])),
        )
        with pytest.raises(KeyboardInterrupt), opened(experiment="taken up", key="taken up"):
            raise KeyboardInterrupt("ended by SIGTERM")
    with opened(experiment="taken up", key="taken up", known=True) as again:
        wait_for(lambda: not again._journal.pending())
        with opened(experiment="taken up"):
            pass
        run = found(outputs, again)
        assert run.info.status == "RUNNING" and "failure" not in run.data.tags
        assert run.data.tags["process"] == own["process"]
    assert found(outputs, again).info.status == "FINISHED"


def test_a_run_goes_on_after_an_end(outputs, opened):
    with opened(key="again") as first:
        pass
    with opened(key="again", known=True) as second:
        assert second.run_id == first.run_id
        assert found(outputs, second).info.status == "RUNNING"
    assert found(outputs, second).info.status == "FINISHED"
