"""MLflow's store: created, opened, its errors told in one line."""

import contextlib
import logging
import os
import random
import re
import shlex
import socket
import sqlite3
import time
from urllib.request import getproxies, proxy_bypass

from dmsp.errors import UserError
from dmsp.importing import uncollected
from dmsp.tracking.address import SQLITE
from dmsp.tracking.records import redact

MEND = "give another with tracking.uri=…, or do without: tracking=none"
SECONDS_TO_ANSWER = 5
PATIENCE = 60.0  # seconds that a write waits for those of other processes

# Which of MLflow 3's pages are shown first: those of runs, not those of language models.
EXPERIMENT = {"mlflow.experimentKind": "custom_model_development"}

# Telemetry: MLflow 3 sends usage events unless either is exactly "true" before its import.
FORCED = {"MLFLOW_DISABLE_TELEMETRY": "true", "DO_NOT_TRACK": "true"}
# Of a server that is away MLflow would take minutes to tell; whoever delivers tries again anyway.
# A user's own settings hold.
ON_OPENING = {"MLFLOW_HTTP_REQUEST_TIMEOUT": "5"}
DEFAULTS = {
    "MLFLOW_HTTP_REQUEST_TIMEOUT": "20",
    "MLFLOW_HTTP_REQUEST_MAX_RETRIES": "0",
    "MLFLOW_SUPPRESS_PRINTING_URL_TO_STDOUT": "true",
    "GIT_PYTHON_REFRESH": "quiet",
}


class Away(UserError):
    """The store does not answer; it may do so later."""


class Store:
    """An MLflow tracking store.

    Args:
        address: :class:`dmsp.tracking.address.Address`.
    """

    def __init__(self, address):
        self.address = address

    def open(self, experiment):
        """Return MLflow's client and the experiment's id; what does not exist yet is created.

        Raises:
            UserError: the store cannot be written, or belongs to another version of
                MLflow; :class:`Away`: it does not answer.
        """
        os.environ.update(FORCED)
        os.environ.update(self.address.credentials)
        self._probe()
        try:
            with _hasty(), _quiet(), self._alone(), self._tamed():
                return self.call(self._connect, experiment)
        except Exception as error:  # whatever MLflow, its database or its network raise
            raise self.explain(error, MEND) from error

    def read(self, function):
        """Call a function with MLflow's client of a store that exists, and return its result.

        Raises:
            UserError: there is none, or it cannot be read; :class:`Away`: it does not answer.
        """
        if self.address.path is not None and not self.address.path.exists():
            raise UserError("{}: no such database".format(self.address.display))
        os.environ.update(FORCED)
        os.environ.update(self.address.credentials)
        if self.address.path is None:
            self._probe()
        try:
            with _hasty(), _quiet(), self._tamed():
                from mlflow.tracking import MlflowClient

                return self.call(function, MlflowClient(self.address.uri))
        except Exception as error:  # whatever MLflow, its database or its network raise
            raise self.explain(error) from error

    def call(self, function, *arguments, **options):
        """Call a function of MLflow's client, again while the database is busy."""
        deadline = time.monotonic() + PATIENCE
        while True:
            try:
                return function(*arguments, **options)
            except Exception as error:
                if not _is_busy(error) or time.monotonic() > deadline:
                    raise
            time.sleep(random.uniform(0.02, 0.3))

    def _connect(self, name):
        from mlflow.exceptions import MlflowException
        from mlflow.tracking import MlflowClient, set_tracking_uri

        # MLflow 1's artifacts go by this one only, whatever the client's.
        set_tracking_uri(self.address.uri)
        client = MlflowClient(self.address.uri)
        experiment = client.get_experiment_by_name(name)
        if experiment is None:
            location = None if self.address.is_server else (self.address.artifacts / name).as_uri()
            try:
                return client, client.create_experiment(name, location, tags=EXPERIMENT)
            except MlflowException as error:
                if error.error_code != "RESOURCE_ALREADY_EXISTS":
                    raise
                experiment = client.get_experiment_by_name(name)
        if experiment.lifecycle_stage == "deleted":
            client.restore_experiment(experiment.experiment_id)
        return client, experiment.experiment_id

    def _probe(self):
        """See in seconds what MLflow, which tries again and again, would need minutes to tell."""
        address = self.address
        if address.path is not None:
            _probe_file(address)
        elif address.endpoint is not None and not _is_proxied(address):
            try:
                socket.create_connection(address.endpoint, SECONDS_TO_ANSWER).close()
            except OSError as error:
                raise Away(
                    "tracking.uri={}: no server answers ({})".format(
                        address.display, error.strerror or error
                    )
                ) from error

    @contextlib.contextmanager
    def _alone(self):
        """Keep other processes out while the database is created."""
        if self.address.path is None:
            yield
            return
        import fcntl

        with open("{}.lock".format(self.address.path), "w") as file:
            # Where the file system has no locks, _connect's second try has to do.
            with contextlib.suppress(OSError):
                fcntl.flock(file, fcntl.LOCK_EX)
            yield

    @contextlib.contextmanager
    def _tamed(self):
        """Keep MLflow's default experiment out of the working folder, and its patience short."""
        with uncollected():
            from mlflow.store.db import utils as database
            from mlflow.tracking._tracking_service import utils as service

        before = service.DEFAULT_LOCAL_FILE_AND_ARTIFACT_PATH, database.MAX_RETRY_COUNT
        service.DEFAULT_LOCAL_FILE_AND_ARTIFACT_PATH = str(self.address.artifacts)
        database.MAX_RETRY_COUNT = 3
        try:
            yield
        finally:
            service.DEFAULT_LOCAL_FILE_AND_ARTIFACT_PATH, database.MAX_RETRY_COUNT = before

    def explain(self, error, mend=""):
        """Return what a library raised as a :class:`UserError` or :class:`Away`, with the mend."""
        if isinstance(error, UserError):
            return error
        address, text = self.address, redact(" ".join(str(error).split()))
        kind, mend = UserError, mend and "; " + mend
        if "database schema" in text or "Can't locate revision" in text:
            from mlflow import __version__ as version

            own = shlex.quote(str(address.artifacts.parent / "mlflow-{}.db".format(version)))
            text = "another version of MLflow made it"
            mend = "; give {} one of its own, tracking.uri={}{}".format(version, SQLITE, own)
        elif address.is_server and re.search(r"\b(401|403|Unauthorized)\b", text):
            text = "the server wants another user or password"
            mend = "; set MLFLOW_TRACKING_USERNAME and MLFLOW_TRACKING_PASSWORD"
        elif address.is_server and "ConnectionPool(" in text:  # also of an error of the server's
            kind, text, mend = Away, "the server does not answer", ""
        elif address.is_server and re.search(r"\b404\b|JSON", text):
            text = "what answers there is no MLflow server"
        return kind("tracking.uri={}: {}{}".format(address.display, text[:300], mend))


def _is_proxied(address):
    scheme, host = address.uri.split("://")[0], address.endpoint[0]
    return address.is_server and scheme in getproxies() and not proxy_bypass(host)


def _probe_file(address):
    try:
        address.path.parent.mkdir(parents=True, exist_ok=True)
        with contextlib.closing(sqlite3.connect(str(address.path), timeout=PATIENCE)) as connection:
            connection.execute("BEGIN IMMEDIATE")
    except (OSError, sqlite3.Error) as error:
        reason = getattr(error, "strerror", None) or error
        raise UserError(
            "tracking.uri={}: cannot be written ({}); {}".format(address.display, reason, MEND)
        ) from error


def _is_busy(error):
    return "database is locked" in str(error) or "database table is locked" in str(error)


@contextlib.contextmanager
def _hasty():
    """Have MLflow give up soon on a server in the block; after it, the defaults hold.

    Variables that the user has set are left alone.
    """
    ours = [name for name in DEFAULTS if os.environ.get(name) in (None, DEFAULTS[name])]
    os.environ.update((name, ON_OPENING.get(name, DEFAULTS[name])) for name in ours)
    try:
        yield
    finally:
        os.environ.update((name, DEFAULTS[name]) for name in ours)


@contextlib.contextmanager
def _quiet():
    """Silence the libraries, in the block and after: what goes wrong arrives as an exception.

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
        for name in ("mlflow", "alembic", "urllib3"):
            logging.getLogger(name).setLevel(logging.CRITICAL)
