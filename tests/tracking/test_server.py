"""Real servers of MLflow, on loopback."""

import contextlib
import importlib.util
import json
import os
import pathlib
import pwd
import shutil
import subprocess
import tempfile

import pytest

from dmsp import tracking
from dmsp.errors import UserError
from dmsp.tracking import __main__ as sync
from tests.tracking.stores import fetch, free_port, runs, serving


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


@pytest.fixture
def connect():
    """MLflow's client, imported late so that MLflow's settings are those of the test."""
    from mlflow.tracking import MlflowClient

    return MlflowClient


def test_a_server_that_comes_later_gets_what_it_missed(tmp_path, capfd, connect):
    """Away at the start; the next run delivers, and so does the command."""
    port = free_port()
    uri = "http://me:secret@127.0.0.1:{}".format(port)
    outputs = tmp_path / "outputs"
    folder = outputs / "run"
    folder.mkdir(parents=True)
    (folder / "summary.json").write_text('{"mlflow_run_id": null}')
    missed = log_a_run(uri, tmp_path, folder=folder)
    assert missed.run_id is None
    assert sync.main(["sync", str(outputs)]) == 1
    captured = capfd.readouterr()
    assert "run: kept; tracking.uri=http://127.0.0.1:{}: no server answers".format(port) in (
        captured.err
    )
    database = "sqlite:///{}/mlflow.db".format(tmp_path)
    with serving(tmp_path, database, port=port) as server:
        present = log_a_run(uri, tmp_path)
        found = runs(connect(server))
        assert [run.info.run_id for run in found][1] == present.run_id
        for run in found:
            read_back(server, run.info.run_id)
        summary = json.loads((folder / "summary.json").read_text())
        assert summary["mlflow_run_id"] == found[0].info.run_id
        assert sync.main(["sync", str(outputs)]) == 0
        assert capfd.readouterr().out == "0 delivered, 0 kept\n"
    assert not list(outputs.glob("mlflow-spool/*"))
    assert "secret" not in json.dumps([run.data.tags for run in found])


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_a_server_that_dies_in_the_middle(tmp_path, capfd):
    """The run goes on; the command delivers to the server that is back."""
    port, outputs = free_port(), tmp_path / "outputs"
    uri = "http://127.0.0.1:{}".format(port)
    database = "sqlite:///{}/mlflow.db".format(tmp_path)
    note = tmp_path / "note.txt"
    note.write_text("kept")
    server = contextlib.ExitStack()
    server.enter_context(serving(tmp_path, database, port=port))
    with tracking.mlflow(uri, "tests", "run", {"t": 1}, {"a": 1}, outputs=outputs) as tracker:
        tracker.log_metrics({"psnr": 0}, 0)
        server.close()
        tracker.log_history({"psnr": [(k, k) for k in range(1, 299)] + [(1499, 1499)]})
        tracker.log_artifact(note, "notes")
    with serving(tmp_path, database, port=port) as server:
        assert sync.main(["sync", str(outputs)]) == 0
        read_back(server, tracker.run_id)


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_a_server_that_asks_for_a_password(tmp_path, monkeypatch, connect):
    if importlib.util.find_spec("flask_wtf") is None:
        pytest.skip("no Flask-WTF here, which MLflow 3 needs for passwords, or no MLflow 3")
    # Every answer takes the server a second or more, in which it hashes the password.
    monkeypatch.setenv("MLFLOW_HTTP_REQUEST_TIMEOUT", "60")
    database = "sqlite:///{}/mlflow.db".format(tmp_path)
    configuration = tmp_path / "auth.ini"
    configuration.write_text(
        "[mlflow]\ndefault_permission = READ\ndatabase_uri = sqlite:///{}/auth.db\n"
        "admin_username = admin\nadmin_password = password1234567\n"
        "authorization_function = "
        "mlflow.server.auth:authenticate_request_basic_auth\n".format(tmp_path)
    )
    variables = {
        "MLFLOW_AUTH_CONFIG_PATH": str(configuration),
        "MLFLOW_FLASK_SERVER_SECRET_KEY": "for the test",
    }
    with serving(tmp_path, database, "--app-name", "basic-auth", **variables) as server:
        with pytest.raises(UserError, match="MLFLOW_TRACKING_USERNAME and MLFLOW_TRACKING_PASS"):
            log_a_run(server, tmp_path)
        monkeypatch.setenv("MLFLOW_TRACKING_USERNAME", "admin")
        monkeypatch.setenv("MLFLOW_TRACKING_PASSWORD", "password1234567")
        tracker = log_a_run(server, tmp_path)
        run = connect(server).get_run(tracker.run_id)
        assert (run.info.status, run.data.metrics) == ("FINISHED", {"psnr": 1499.0})
    files = [path for path in (tmp_path / "outputs").rglob("*") if path.is_file()]
    assert not any(b"password1234567" in path.read_bytes() for path in files)


@pytest.fixture
def postgresql():
    """The address of a PostgreSQL of Debian's on loopback."""
    programs = sorted(pathlib.Path("/usr/lib/postgresql").glob("*/bin"))
    if not programs or importlib.util.find_spec("psycopg2") is None:
        pytest.skip("no PostgreSQL here: apt-get install postgresql, pip install psycopg2-binary")
    data, port, user = pathlib.Path(tempfile.mkdtemp()), free_port(), {}
    (data / "password").write_text("secret")
    if os.getuid() == 0:  # which PostgreSQL refuses to run as
        entry = pwd.getpwnam("postgres")
        for path in (data, data / "password"):
            os.chown(str(path), entry.pw_uid, entry.pw_gid)
        user = {"preexec_fn": lambda: os.setuid(entry.pw_uid)}

    def call(program, *arguments):
        subprocess.run(
            [str(programs[-1] / program)] + list(arguments),
            check=True,
            cwd=str(data),
            stdout=subprocess.DEVNULL,
            **user,
        )

    password = str(data / "password")
    call("initdb", "-D", str(data / "db"), "-U", "me", "-A", "scram-sha-256", "--pwfile", password)
    options = "-p {} -c listen_addresses=127.0.0.1 -c unix_socket_directories=''".format(port)
    start = ["-D", str(data / "db"), "-w", "-l", str(data / "log")]
    call("pg_ctl", "start", "-o", options, *start)
    try:
        yield "postgresql://me:secret@127.0.0.1:{}/postgres".format(port)
    finally:
        call("pg_ctl", "stop", "-m", "fast", *start[:2])
        shutil.rmtree(str(data))


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_postgresql_behind_a_server_and_without(tmp_path, postgresql, connect):
    direct = log_a_run(postgresql, tmp_path)
    with serving(tmp_path, postgresql.replace("://", "+psycopg2://", 1)) as server:
        remote = log_a_run(server, tmp_path)
        read_back(server, remote.run_id)
        run = connect(server).get_run(direct.run_id)
        assert (run.info.status, run.data.metrics) == ("FINISHED", {"psnr": 1499.0})
    wrong = postgresql.replace("secret", "another")
    with pytest.raises(UserError) as caught:
        log_a_run(wrong, tmp_path)
    assert "another" not in str(caught.value).replace("give another", "")
    files = [path for path in (tmp_path / "outputs").rglob("*") if path.is_file()]
    assert not any(b"secret" in path.read_bytes() for path in files)
