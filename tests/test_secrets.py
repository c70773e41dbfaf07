"""Passwords are neither logged nor kept."""

import logging
import subprocess
import sys

from dmsp import secrets
from dmsp.tracking.store import Store
from tests.conftest import ROOT


def test_log_records_are_written_without_credentials(caplog):
    before = logging.getLogRecordFactory()
    try:
        secrets.conceal()
        secrets.conceal()
        logging.getLogger("x").warning("see %s and %d", "http://me:secret@host/a", 5)
        logging.getLogger("x").warning("no address, %d", 5)
    finally:
        logging.setLogRecordFactory(before)
    assert [record.getMessage() for record in caplog.records] == [
        "see http://***@host/a and 5",
        "no address, 5",
    ]


def test_no_file_and_no_line_of_a_run_holds_a_password(tmp_path):
    """One that finds no server, started as a sweep, whose second job is a mistake."""
    uri = "http://me:geheim@127.0.0.1:9"
    done = subprocess.run(
        [sys.executable, "run.py", "-m", "tracking.uri={}".format(uri), "noise=0.01,-1"]
        + ["data.resize=48", "data.limit=1", "num_iter=1", "outputs={}".format(tmp_path)],
        cwd=str(ROOT),
        capture_output=True,
        text=True,
    )
    assert done.returncode == 2
    assert "the run goes on, and its records are kept" in done.stdout + done.stderr
    files = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert len(list(tmp_path.glob("mlflow-spool/*"))) == 3  # of the sweep and of both jobs
    assert len(list(tmp_path.rglob("restored/*.png"))) == 1
    assert not [path for path in files if b"geheim" in path.read_bytes()]
    assert "geheim" not in done.stderr + done.stdout


def test_credentials_leave_no_trace_in_what_is_raised(tmp_path):
    from dmsp.tracking.address import Address

    store = Store(Address("postgresql://me:geheim@host/db", tmp_path))
    error = RuntimeError("could not connect to postgresql://me:geheim@host/db\nat line 3")
    assert "geheim" not in str(store.explain(error))
