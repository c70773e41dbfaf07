"""Runs in MLflow, read back with MLflow's own client."""

import json
import logging
import os
import pathlib
import shlex
import shutil
import signal
import socket
import sqlite3
import subprocess
import sys
import threading
import time
from urllib.request import urlopen

import pytest

from dmsp import tracking
from dmsp.errors import UserError
from dmsp.tracking import records, store
from dmsp.tracking.address import Address

ROOT = pathlib.Path(__file__).resolve().parent.parent


@pytest.fixture(autouse=True)
def environment(monkeypatch):
    """Undo what opening a store sets, and keep proxies out of the way."""
    before = dict(os.environ)
    for name in ("http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY"):
        monkeypatch.delenv(name, raising=False)
    yield
    os.environ.clear()
    os.environ.update(before)


@pytest.fixture(scope="module")
def outputs(tmp_path_factory):
    """Folder of a store that all tests share, with what makes addresses difficult in its name."""
    return tmp_path_factory.mktemp("out puts é") / "new"


@pytest.fixture
def opened(outputs):
    """A function that returns the tracker of a new run."""

    def tracker(**options):
        options = dict({"experiment": "tests", "run_name": "a run"}, **options)
        return tracking.mlflow(None, outputs=outputs, **options)

    return tracker


def client(outputs):
    from mlflow.tracking import MlflowClient

    return MlflowClient("sqlite:///{}/mlflow.db".format(outputs))


def found(outputs, tracker):
    return client(outputs).get_run(tracker.run_id)


def execute(code, *arguments, **options):
    environment = dict(os.environ, PYTHONPATH=str(ROOT))
    command = [sys.executable, "-c", code] + [str(argument) for argument in arguments]
    return subprocess.Popen(
        command,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        universal_newlines=True,
        **options,
    )


def check(process):
    output = process.communicate(timeout=120)[0]
    assert process.returncode == 0, output
    return output


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
    with opened(tags=tags, params=config, parent_run_id="0" * 32) as tracker:
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
    assert run.data.tags["mlflow.parentRunId"] == "0" * 32
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
    assert len(points) == 1000
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


@pytest.mark.parametrize(
    ("error", "status", "reason"),
    [
        (ValueError("no\ngood"), "FAILED", "ValueError: no good"),
        (UserError("kernel.path=x: is gone"), "FAILED", "kernel.path=x: is gone"),
        (OSError("http://me:secret@host/"), "FAILED", "OSError: http://***@host/"),
        (KeyboardInterrupt(), "KILLED", "interrupted"),
        (tracking.Killed("ended by SIGTERM"), "KILLED", "ended by SIGTERM"),
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


def test_store_that_fails_in_the_middle_does_not_stop_the_run(outputs, opened, caplog):
    from mlflow.exceptions import MlflowException

    def gone(*arguments, **options):
        raise MlflowException("http://me:secret@host went away")

    with opened() as tracker:
        log_batch = tracker._client.log_batch
        tracker._client.log_batch = gone
        tracker.log_metrics({"psnr": 1.0})
        tracker._client.log_batch = log_batch
        tracker.log_metrics({"psnr": 2.0})
    run = found(outputs, tracker)
    assert (run.info.status, run.data.metrics) == ("FINISHED", {})
    warnings = [record.getMessage() for record in caplog.records]
    assert len(warnings) == 1
    assert "***@host went away" in warnings[0] and "secret" not in warnings[0]


def test_missing_artifact_is_told_and_the_rest_kept(outputs, opened, caplog, tmp_path):
    with opened() as tracker:
        tracker.log_artifact(tmp_path / "absent.png")
        tracker.log_metrics({"psnr": 2.0})
    assert found(outputs, tracker).data.metrics == {"psnr": 2.0}
    assert len(caplog.records) == 1


def test_busy_database_is_tried_again(monkeypatch):
    monkeypatch.setattr(store.time, "sleep", lambda seconds: None)
    answers = [RuntimeError("(sqlite3) database is locked"), RuntimeError("database is locked")]

    def function(value):
        if answers:
            raise answers.pop()
        return value

    assert store.Store(Address()).call(function, 5) == 5


def test_other_version_of_the_store(tmp_path):
    with tracking.mlflow(None, "e", "r", outputs=tmp_path / "made"):
        pass
    shutil.move(str(tmp_path / "made" / "mlflow.db"), str(tmp_path))  # MLflow keeps what it opened
    with sqlite3.connect(str(tmp_path / "mlflow.db")) as connection:
        connection.execute("UPDATE alembic_version SET version_num = '0123456789ab'")
    with pytest.raises(UserError, match="another version of MLflow made it; give .*mlflow-.*db"):
        tracking.mlflow(None, "e", "r", outputs=tmp_path).__enter__()


def test_no_tracking_takes_the_same_calls(tmp_path):
    with tracking.none(uri=None, experiment="e", outputs=tmp_path) as tracker:
        tracker.log_metrics({"psnr": 1.0}, step=1)
        tracker.log_history({"psnr": [(1, 1.0)]})
        tracker.log_artifact("absent")
        tracker.log_artifacts("absent")
        tracker.set_tags({"a": 1})
        tracker.fail("reason")
    assert tracker.run_id is None and tracker.ui_command is None
    assert not list(tmp_path.iterdir())


def test_both_trackers_have_one_interface():
    def methods(tracker):
        return {name for name in dir(tracker) if not name.startswith("_") and name != "run_id"}

    assert methods(tracking.Tracker) == methods(tracking.NoTracker)


# Addresses


def test_uri_is_absolute_and_artifacts_lie_beside(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for uri, outputs in ((None, "outputs"), ("sqlite:///outputs/mlflow.db", "elsewhere")):
        address = Address(uri, outputs)
        assert address.uri == "sqlite:///{}/outputs/mlflow.db".format(tmp_path)
        assert address.artifacts == tmp_path / "outputs" / "mlartifacts"
    assert Address("postgresql://h/db", "outputs").artifacts == tmp_path / "outputs" / "mlartifacts"


def test_command_that_shows_the_runs(tmp_path, monkeypatch):
    beside = pathlib.Path(sys.executable).absolute().parent
    uri = "sqlite:////with space/mlflow.db"
    monkeypatch.setattr(shutil, "which", lambda name: str(beside / name))
    command = Address(uri).ui_command
    assert command == "mlflow ui --backend-store-uri 'sqlite:////with space/mlflow.db'"
    monkeypatch.setattr(shutil, "which", lambda name: None)
    monkeypatch.chdir(tmp_path)
    assert Address(uri).ui_command == str(beside) + "/" + command
    monkeypatch.chdir(beside.parent)
    assert Address(uri).ui_command == "bin/" + command
    assert Address("https://me:secret@host:8080/").ui_command == "https://host:8080"


def test_credentials_go_to_the_environment_only():
    address = Address("https://me:p%40ss@host:8080/path/")
    assert (address.uri, address.display) == ("https://host:8080/path",) * 2
    assert address.credentials == {
        "MLFLOW_TRACKING_USERNAME": "me",
        "MLFLOW_TRACKING_PASSWORD": "p@ss",
    }


@pytest.mark.parametrize(
    ("uri", "message"),
    [
        ("http://me:secret@127.0.0.1:{port}", "http://127.0.0.1:{port}: no server answers"),
        ("postgresql://me:secret@127.0.0.1:{port}/db", "postgresql://***@127.0.0.1:{port}/db: no"),
        ("sqlite:///{file}/mlflow.db", "cannot be written"),
        ("sqlite:///{file}", "cannot be written (file is"),
        ("runs", "tracking.uri=runs: give sqlite:///"),
        ("gopher://me:secret@x/", "gopher://***@x/"),
    ],
)
def test_bad_address_is_told_in_a_line(uri, message, tmp_path):
    file = tmp_path / "file"
    file.write_text("This is no database, and no folder either." * 30)
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        uri, message = (
            text.format(port=unused.getsockname()[1], file=file) for text in (uri, message)
        )
    start = time.time()
    with pytest.raises(UserError) as caught:
        tracking.mlflow(uri, "e", "r", {}, {"uri": uri}, outputs=tmp_path).__enter__()
    assert message in str(caught.value)
    assert "secret" not in str(caught.value) and "\n" not in str(caught.value)
    assert time.time() - start < 10


def test_server_that_never_answers(monkeypatch):
    monkeypatch.setitem(store.ON_OPENING, "MLFLOW_HTTP_REQUEST_TIMEOUT", "1")
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen(5)
        uri = "http://127.0.0.1:{}".format(silent.getsockname()[1])
        with pytest.raises(UserError, match="the server does not answer; give another"):
            tracking.mlflow(uri, "e", "r").__enter__()
    assert os.environ["MLFLOW_HTTP_REQUEST_TIMEOUT"] == "20"


@pytest.mark.parametrize(
    ("status", "message"),
    [(401, "wants another user or password; set MLFLOW_TRACKING"), (404, "is no MLflow server")],
)
def test_server_that_refuses(status, message):
    from http.server import BaseHTTPRequestHandler, HTTPServer

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            self.send_error(status)

        do_POST = do_GET

        def log_message(self, *arguments):
            pass

    server = HTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        uri = "http://me:secret@127.0.0.1:{}".format(server.server_port)
        with pytest.raises(UserError, match=message):
            tracking.mlflow(uri, "e", "r").__enter__()
        assert os.environ["MLFLOW_TRACKING_PASSWORD"] == "secret"
    finally:
        server.shutdown()
        server.server_close()


# Records


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("see http://me:pa/../s@host/x", "see http://me:pa/../s@host/x"),
        ("postgresql://me:p@ss@host/db", "postgresql://***@host/db"),
        (
            "a mysql+pymysql://u:p@h/d and https://u@h",
            "a mysql+pymysql://***@h/d and https://***@h",
        ),
        ("postgresql:///db?user=u&password=geheim&x=1", "postgresql:///db?user=u&password=***&x=1"),
        ("mail me@host", "mail me@host"),
    ],
)
def test_credentials_are_hidden(text, shown):
    assert tracking.redact(text) == shown


@pytest.mark.parametrize(
    ("name", "key"),
    [
        ("optimizer.mu", "optimizer.mu"),
        ("iteration/psnr", "iteration/psnr"),
        ("../../etc", "etc"),
        ("/a//b/../c/", "a/c"),
        ("a:b=c", "a_b_c"),
        ("", "_"),
        ("x" * 300, "x" * 250),
    ],
)
def test_names_are_clean_paths(name, key):
    from mlflow.utils.validation import _validate_metric_name

    assert list(records.tags({name: "value"})) == [key]
    _validate_metric_name(key)


def test_parameters_hide_credentials():
    config = {"tracking": {"uri": "http://me:secret@host"}, "paths": ["http://me:secret@host"]}
    assert records.params(config) == {
        "tracking.uri": "http://***@host",
        "paths": '["http://***@host"]',
    }


def test_configuration_objects_are_flattened():
    from omegaconf import OmegaConf

    config = OmegaConf.create({"a": {"b": [1, {"c": None}], "d": "${x}"}, "x": 1e-5, "e": {}})
    assert records.params(config) == {
        "a.b": '[1, {"c": null}]',
        "a.d": "1e-05",
        "x": "1e-05",
        "e": "{}",
    }


# Processes


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_signals_become_an_exception_and_handlers_come_back(number):
    def handler(number, frame):
        pass

    before = signal.signal(number, handler)
    try:
        with pytest.raises(tracking.Killed, match=number.name), tracking.killable():
            os.kill(os.getpid(), number)
            time.sleep(5)
        assert signal.getsignal(number) is handler
    finally:
        signal.signal(number, before)


def test_ignored_signal_stays_ignored():
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        with tracking.killable():
            os.kill(os.getpid(), signal.SIGHUP)
            time.sleep(0.05)
    finally:
        signal.signal(signal.SIGHUP, before)


def test_signals_are_left_alone_outside_the_main_thread():
    ran = []

    def body():
        with tracking.killable():
            ran.append(True)

    thread = threading.Thread(target=body)
    thread.start()
    thread.join()
    assert ran


KILLED = """
import sys, time
from dmsp import tracking
with tracking.killable(), tracking.mlflow(None, "tests", "killed", outputs=sys.argv[1]) as tracker:
    tracker.log_metrics({"psnr": 1.0})
    print(tracker.run_id, flush=True)
    time.sleep(60)
"""


@pytest.mark.parametrize("name", ["SIGTERM", "SIGINT"])
def test_killed_process_closes_its_run(outputs, name):
    process = execute(KILLED, outputs)
    run_id = process.stdout.readline().strip()
    process.send_signal(getattr(signal, name))
    process.communicate(timeout=60)
    assert process.returncode != 0
    run = client(outputs).get_run(run_id)
    assert (run.info.status, run.data.metrics) == ("KILLED", {"psnr": 1.0})


TOGETHER = """
import os, sys, time
os.environ["MLFLOW_DISABLE_TELEMETRY"] = "true"
import mlflow
import mlflow.store.tracking.sqlalchemy_store
from dmsp import tracking

def job(i):
    with tracking.mlflow(None, "race", str(i), {"i": i}, {"i": i}, outputs=sys.argv[1]) as tracker:
        for part in range(4):
            tracker.log_history({"psnr": [(50 * part + k, k) for k in range(50)]})
        tracker.log_metrics({"final": i})

start = time.time() + 1.0
children = []
for i in range(8):
    child = os.fork()
    if not child:
        time.sleep(max(0.0, start - time.time()))
        try:
            job(i)
        except BaseException:
            import traceback
            traceback.print_exc()
            os._exit(1)
        os._exit(0)
    children.append(child)
sys.exit(any([os.waitpid(child, 0)[1] for child in children]))
"""


def test_eight_processes_start_at_once_without_a_store(tmp_path):
    """All begin in one moment, with what they import there already."""
    outputs = tmp_path / "outputs"
    assert check(execute(TOGETHER, outputs)) == ""
    experiment = client(outputs).get_experiment_by_name("race")
    assert experiment.artifact_location == (outputs / "mlartifacts" / "race").as_uri()
    runs = client(outputs).search_runs([experiment.experiment_id])
    assert [run.info.status for run in runs] == ["FINISHED"] * 8
    assert sorted(run.data.metrics["final"] for run in runs) == list(range(8))
    for run in runs:
        assert len(client(outputs).get_metric_history(run.info.run_id, "psnr")) == 200


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


@pytest.fixture
def server(tmp_path):
    """What ``ui_command`` starts for a store in ``tmp_path``, and its address."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = shlex.split(Address(None, tmp_path).ui_command) + ["--port", str(port)]
    command[0] = str(pathlib.Path(sys.executable).parent / "mlflow")
    environment = dict(os.environ, PATH=os.path.dirname(sys.executable) + ":" + os.environ["PATH"])
    with open(str(tmp_path / "server.log"), "w") as log:
        process = subprocess.Popen(
            command,
            cwd=str(tmp_path),
            env=environment,
            stdout=log,
            stderr=log,
            preexec_fn=os.setsid,
        )
    uri = "http://127.0.0.1:{}".format(port)
    deadline = time.time() + 90
    while process.poll() is None and time.time() < deadline and fetch(uri + "/health") is None:
        time.sleep(0.5)
    yield uri
    os.killpg(process.pid, signal.SIGTERM)
    process.wait(timeout=30)


def fetch(url):
    try:
        with urlopen(url, timeout=20) as answer:
            return answer.read()
    except OSError:
        return None


@pytest.mark.slow
def test_pages_show_the_runs_of_a_file_and_of_a_server(tmp_path, server):
    """A run written to the database and one sent to the server that shows it are both there."""
    note = tmp_path / "note.txt"
    note.write_text("kept")
    for uri in (None, server):
        with tracking.mlflow(uri, "shown", "run", {"t": 1}, {"a": 1}, outputs=tmp_path) as tracker:
            tracker.log_history({"psnr": [(k, k) for k in range(1500)]})
            tracker.log_artifact(note, "notes")
        query = "/get-artifact?path=notes/note.txt&run_uuid=" + tracker.run_id
        assert fetch(server + query) == b"kept"
        run = json.loads(
            fetch(server + "/api/2.0/mlflow/runs/get?run_id=" + tracker.run_id).decode()
        )
        assert run["run"]["info"]["status"] == "FINISHED"
        assert run["run"]["data"]["metrics"][0]["value"] == 1499
