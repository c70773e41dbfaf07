"""Where MLflow keeps its runs: found, created, opened, and its errors told in one line."""

import contextlib
import logging
import os
import pathlib
import random
import shlex
import shutil
import socket
import sqlite3
import sys
import time
from urllib.parse import unquote, urlsplit, urlunsplit
from urllib.request import getproxies, proxy_bypass

from dmsp.errors import UserError
from dmsp.tracking.records import redact

MEND = "give another with tracking.uri=…, or do without: tracking=none"
SQLITE = "sqlite:///"
SECONDS_TO_ANSWER = 5
PATIENCE = 60.0  # seconds that a write waits for those of other processes

# Telemetry: MLflow 3 sends usage events unless either is exactly "true" before its import.
FORCED = {"MLFLOW_DISABLE_TELEMETRY": "true", "DO_NOT_TRACK": "true"}
# Of a server that is away MLflow would take minutes to tell. A user's own settings hold.
DEFAULTS = {
    "MLFLOW_HTTP_REQUEST_TIMEOUT": "20",
    "MLFLOW_HTTP_REQUEST_MAX_RETRIES": "2",
    "MLFLOW_SUPPRESS_PRINTING_URL_TO_STDOUT": "true",
    "GIT_PYTHON_REFRESH": "quiet",
}


class Store:
    """An MLflow tracking store.

    Args:
        uri: ``http(s)://…``, ``sqlite:///…`` or another database; ``None`` for
            the default database in ``outputs``.
        outputs: folder of the default database and of a database's artifacts.

    Attributes:
        uri: absolute address, without credentials where it is a server's.
        display: the address as it may be shown.
    """

    def __init__(self, uri=None, outputs="outputs"):
        folder = pathlib.Path(str(outputs)).expanduser().absolute()
        uri = SQLITE + str(folder / "mlflow.db") if uri is None else str(uri)
        self.path = None
        self._credentials = {}
        if uri.startswith(SQLITE):
            self.path = pathlib.Path(uri[len(SQLITE) :]).absolute()
            folder = self.path.parent
            uri = SQLITE + str(self.path)
        elif uri.startswith(("http://", "https://")):
            uri, self._credentials = _take_credentials(uri)
        elif "://" not in uri:
            raise UserError(
                "tracking.uri={}: give sqlite:///path/to/mlflow.db or http://host:port".format(uri)
            )
        self.uri = uri
        self.display = redact(uri)
        self._artifacts = folder / "mlartifacts"

    @property
    def is_server(self):
        """Whether runs go over HTTP; the server then decides where artifacts lie."""
        return self.uri.startswith(("http://", "https://"))

    @property
    def ui_command(self):
        """The command that shows the runs, for a server its address."""
        if self.is_server:
            return self.display
        return "{} ui --backend-store-uri {}".format(_program(), shlex.quote(self.display))

    def open(self, experiment):
        """Return MLflow's client and the experiment's id; what does not exist yet is created.

        Raises:
            UserError: the store does not answer, cannot be written, or belongs to
                another version of MLflow.
        """
        os.environ.update(FORCED)
        os.environ.update(self._credentials)
        for name, value in DEFAULTS.items():
            os.environ.setdefault(name, value)
        self._probe()
        try:
            with _quiet(), self._alone(), self._rooted():
                return self.call(self._connect, experiment)
        except Exception as error:  # whatever MLflow, its database or its network raise
            raise UserError(self._explain(error)) from error

    def call(self, function, *arguments, **options):
        """Call a function of MLflow's client, again while the database is busy."""
        deadline = time.monotonic() + PATIENCE
        while True:
            try:
                with _quiet():
                    return function(*arguments, **options)
            except Exception as error:
                if not _is_busy(error) or time.monotonic() > deadline:
                    raise
            time.sleep(random.uniform(0.02, 0.3))

    def _connect(self, name):
        from mlflow.exceptions import MlflowException
        from mlflow.tracking import MlflowClient

        client = MlflowClient(self.uri)
        experiment = client.get_experiment_by_name(name)
        if experiment is None:
            location = None if self.is_server else (self._artifacts / name).as_uri()
            try:
                return client, client.create_experiment(name, artifact_location=location)
            except MlflowException as error:
                if error.error_code != "RESOURCE_ALREADY_EXISTS":
                    raise
                experiment = client.get_experiment_by_name(name)
        if experiment.lifecycle_stage == "deleted":
            client.restore_experiment(experiment.experiment_id)
        return client, experiment.experiment_id

    def _probe(self):
        """See in seconds what MLflow, which tries again and again, would need minutes to tell."""
        if self.path is not None:
            _probe_file(self.path)
            return
        parts = urlsplit(self.uri)
        proxied = parts.scheme in getproxies() and not proxy_bypass(parts.hostname or "")
        port = _port(parts)
        if parts.hostname is None or port is None or proxied:
            return
        try:
            socket.create_connection((parts.hostname, port), SECONDS_TO_ANSWER).close()
        except OSError as error:
            raise UserError(
                "tracking.uri={}: no server answers ({}); start it, {}".format(
                    self.display, error.strerror or error, MEND
                )
            ) from error

    @contextlib.contextmanager
    def _alone(self):
        """Keep other processes out while the database is created."""
        if self.path is None:
            yield
            return
        import fcntl

        with open("{}.lock".format(self.path), "w") as file:
            # Where the file system has no locks, _connect's second try has to do.
            with contextlib.suppress(OSError):
                fcntl.flock(file, fcntl.LOCK_EX)
            yield

    @contextlib.contextmanager
    def _rooted(self):
        """Have MLflow put its default experiment beside the database, not in the working folder."""
        from mlflow.tracking._tracking_service import utils

        before = utils.DEFAULT_LOCAL_FILE_AND_ARTIFACT_PATH
        utils.DEFAULT_LOCAL_FILE_AND_ARTIFACT_PATH = str(self._artifacts)
        try:
            yield
        finally:
            utils.DEFAULT_LOCAL_FILE_AND_ARTIFACT_PATH = before

    def _explain(self, error):
        text = redact(" ".join(str(error).split()))
        if "database schema" in text or "Can't locate revision" in text:
            from mlflow import __version__ as version

            other = SQLITE + shlex.quote(str(self._artifacts.parent / "mlflow-{}.db"))
            return (
                "tracking.uri={}: another version of MLflow made it; give {} one of its own, "
                "tracking.uri={}".format(self.display, version, other.format(version))
            )
        if any(word in text for word in ("401", "403", "Unauthorized")):
            mend = "set MLFLOW_TRACKING_USERNAME and MLFLOW_TRACKING_PASSWORD"
            return "tracking.uri={}: the server wants another user or password; {}".format(
                self.display, mend
            )
        if self.is_server and ("404" in text or "JSON" in text):
            text = "what answers there is no MLflow server"
        return "tracking.uri={}: {}; {}".format(self.display, text[:300], MEND)


def _take_credentials(uri):
    """Split a server's address into the bare one and MLflow's variables for the credentials."""
    parts = urlsplit(uri)
    account, _, host = parts.netloc.rpartition("@")
    user, _, password = account.partition(":")
    bare = urlunsplit((parts.scheme, host, parts.path.rstrip("/"), "", ""))
    if not account:
        return bare, {}
    return bare, {
        "MLFLOW_TRACKING_USERNAME": unquote(user),
        "MLFLOW_TRACKING_PASSWORD": unquote(password),
    }


def _port(parts):
    known = {"http": 80, "https": 443, "postgresql": 5432, "mysql": 3306, "mssql": 1433}
    try:
        return parts.port or known.get(parts.scheme.split("+")[0])
    except ValueError:
        return None


def _probe_file(path):
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with contextlib.closing(sqlite3.connect(str(path), timeout=PATIENCE)) as connection:
            connection.execute("BEGIN IMMEDIATE")
    except (OSError, sqlite3.Error) as error:
        reason = getattr(error, "strerror", None) or error
        raise UserError(
            "tracking.uri={}{}: cannot be written ({}); {}".format(SQLITE, path, reason, MEND)
        ) from error


def _is_busy(error):
    return "database is locked" in str(error) or "database table is locked" in str(error)


def _program():
    """Return ``mlflow`` as it must be typed: with its folder where that is not on the PATH."""
    beside = pathlib.Path(sys.executable).parent / "mlflow"
    found = shutil.which("mlflow")
    if not beside.exists() or (found and os.path.realpath(found) == os.path.realpath(str(beside))):
        return "mlflow"
    with contextlib.suppress(ValueError):
        return shlex.quote(str(beside.relative_to(pathlib.Path.cwd())))
    return shlex.quote(str(beside))


@contextlib.contextmanager
def _quiet():
    """Silence the libraries: what goes wrong arrives as an exception.

    The root logger is given back as it was, because the set-up of MLflow 1's
    database takes it for itself.
    """
    root = logging.getLogger()
    before = root.manager.disable, root.level, list(root.handlers)
    logging.disable(logging.CRITICAL)
    try:
        yield
    finally:
        root.manager.disable, root.level, root.handlers[:] = before
