"""A store that is created, busy, refuses, or is none."""

import os
import shutil
import sqlite3
import threading

import pytest

from dmsp import tracking
from dmsp.errors import UserError
from dmsp.tracking import store
from dmsp.tracking.address import Address


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


@pytest.mark.parametrize(
    ("uri", "message"),
    [
        ("sqlite:///{file}/mlflow.db", "cannot be written"),
        ("sqlite:///{file}", "cannot be written (file is"),
        ("runs", "tracking.uri=runs: no address of a store; give sqlite:///"),
        ("gopher://me:secret@x/", "gopher://***@x/"),
    ],
)
def test_bad_address_is_told_in_a_line(uri, message, tmp_path):
    file = tmp_path / "file"
    file.write_text("This is no database, and no folder either." * 30)
    uri = uri.format(file=file)
    with pytest.raises(UserError) as caught:
        tracking.mlflow(uri, "e", "r", {}, {"uri": uri}, outputs=tmp_path).__enter__()
    assert message.format(file=file) in str(caught.value)
    assert "secret" not in str(caught.value) and "\n" not in str(caught.value)
    assert not list(tmp_path.glob("mlflow-spool/*"))


@pytest.mark.parametrize(
    ("status", "message"),
    [(401, "wants another user or password; set MLFLOW_TRACKING"), (404, "is no MLflow server")],
)
def test_server_that_refuses(tmp_path, status, message):
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
            tracking.mlflow(uri, "e", "r", outputs=tmp_path).__enter__()
        assert os.environ["MLFLOW_TRACKING_PASSWORD"] == "secret"
    finally:
        server.shutdown()
        server.server_close()
