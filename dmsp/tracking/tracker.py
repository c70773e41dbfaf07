"""One run in MLflow: opened, fed, and closed with what became of it."""

import getpass
import logging
import os
import pathlib
import sys
import time

from dmsp.tracking import records

log = logging.getLogger(__name__)

FINISHED, FAILED, KILLED = "FINISHED", "FAILED", "KILLED"


class Tracker:
    """A run in MLflow, for ``with``: at the end it is FINISHED, FAILED or KILLED.

    A store that fails while the run goes on is told of once and does not stop it:
    the run's own files are complete.

    Args:
        store: :class:`dmsp.tracking.store.Store`.
        experiment: the group that the run belongs to.
        run_name: what tells the run from others.
        tags: {name: text}.
        params: nested configuration.
        parent_run_id: run that this one is nested under.

    Attributes:
        run_id: MLflow's name of the run, ``None`` before it is open.
    """

    def __init__(self, store, experiment, run_name, tags=None, params=None, parent_run_id=None):
        self.run_id = None
        self._store = store
        self._experiment = experiment
        self._run_name = records.run_name(run_name)
        self._tags = _identity(tags or {}, self._run_name, parent_run_id)
        self._params = params
        self._client = None
        self._failure = None
        self._lost = False

    @property
    def ui_command(self):
        """The command, or for a server the address, that shows the run."""
        return self._store.address.ui_command

    def __enter__(self):
        self._client, experiment_id = self._store.open(self._experiment)
        run = self._store.call(
            self._client.create_run,
            experiment_id,
            tags=records.tags(self._tags),
            run_name=self._run_name,
        )
        self.run_id = run.info.run_id
        try:
            self._log_params()
        except BaseException as error:
            self._close(error)
            raise
        return self

    def __exit__(self, kind, error, traceback):
        self._close(error)
        return False

    def log_metrics(self, metrics, step=None):
        """Log {name: number}; what is not finite becomes the tag ``nonfinite_at``."""
        kept, broken = records.finite(metrics)
        self._note_nonfinite(broken, step)
        self._log_batch([(name, value, step or 0) for name, value in kept.items()])

    def log_history(self, history):
        """Log {name: [(step, number), …]}, thinned to 1000 points a series."""
        rows = []
        for name, points in history.items():
            for step, value in records.thin(points):
                kept, broken = records.finite({name: value})
                self._note_nonfinite(broken, step)
                rows.extend((key, number, step) for key, number in kept.items())
        self._log_batch(rows)

    def log_artifact(self, path, folder=None):
        """Keep a copy of a file, in a folder of the run's artifacts."""
        self._send(self._client.log_artifact, self.run_id, str(path), folder)

    def log_artifacts(self, path):
        """Keep a copy of all files under a path, hidden ones excepted, in the same folders."""
        root = pathlib.Path(str(path))
        for file in sorted(root.rglob("*")):
            relative = file.relative_to(root)
            if file.is_file() and not any(part.startswith(".") for part in relative.parts):
                folder = relative.parent.as_posix()
                self.log_artifact(file, None if folder == "." else folder)

    def set_tags(self, tags):
        """Set {name: text}."""
        for name, text in records.tags(tags).items():
            self._send(self._client.set_tag, self.run_id, name, text)

    def fail(self, reason):
        """Have the run marked FAILED at its end, with a reason, though it goes on now."""
        self._failure = self._failure or reason

    def _log_params(self):
        from mlflow.entities import Param

        params = [Param(key, text) for key, text in records.params(self._params).items()]
        for chunk in records.chunks(params, records.PARAMS_PER_BATCH):
            self._send(self._client.log_batch, self.run_id, (), chunk)

    def _log_batch(self, rows):
        from mlflow.entities import Metric

        now = int(time.time() * 1000)
        metrics = [Metric(name, value, now, int(step)) for name, value, step in rows]
        for chunk in records.chunks(metrics, records.METRICS_PER_BATCH):
            self._send(self._client.log_batch, self.run_id, chunk)

    def _note_nonfinite(self, names, step):
        if names and "nonfinite_at" not in self._tags:
            where = "" if step is None else " at step {}".format(step)
            self._tags["nonfinite_at"] = ", ".join(names) + where
            self.set_tags({"nonfinite_at": self._tags["nonfinite_at"]})

    def _send(self, function, *arguments):
        """Deliver a record; after a store has gone away, only the end of the run is tried."""
        if self._lost:
            return
        try:
            self._store.call(function, *arguments)
        except Exception as error:  # whatever the store's library raises
            if not isinstance(error, OSError):
                self._lost = getattr(error, "error_code", "") != "INVALID_PARAMETER_VALUE"
            log.warning(
                "tracking: %s: %s; the files of the run are complete%s",
                self._store.address.display,
                records.redact(_line(error)),
                ", the record of it in MLflow is not" if self._lost else "",
            )

    def _close(self, error):
        status, reason = _verdict(error, self._failure)
        if reason is not None:
            self.set_tags({"failure": reason})
        self._lost = False
        self._send(self._client.set_terminated, self.run_id, status)


class NoTracker:
    """The interface of :class:`Tracker` where nothing is kept."""

    run_id = None
    ui_command = None

    def __enter__(self):
        return self

    def __exit__(self, kind, error, traceback):
        return False

    def log_metrics(self, metrics, step=None):
        """Keep nothing."""

    def log_history(self, history):
        """Keep nothing."""

    def log_artifact(self, path, folder=None):
        """Keep nothing."""

    def log_artifacts(self, path):
        """Keep nothing."""

    def set_tags(self, tags):
        """Keep nothing."""

    def fail(self, reason):
        """Keep nothing."""


def _identity(tags, run_name, parent_run_id):
    """Return the tags with those that MLflow's pages show under names of their own."""
    own = {
        "mlflow.runName": run_name,
        "mlflow.user": _user(),
        "mlflow.source.name": os.path.basename(sys.argv[0]) or "python",
        "mlflow.source.type": "LOCAL",
        "mlflow.source.git.commit": tags.get("git_commit"),
        "mlflow.parentRunId": parent_run_id,
    }
    return dict(own, **tags)


def _user():
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # a process without a name, as in some containers
        return None


def _verdict(error, failure):
    """Return MLflow's status for the exception that ended a run, and the reason in a line."""
    if isinstance(error, KeyboardInterrupt):
        return KILLED, str(error) or "interrupted"
    if error is not None and not (isinstance(error, SystemExit) and not error.code):
        return FAILED, _line(error)
    return (FINISHED, None) if failure is None else (FAILED, failure)


def _line(error):
    from dmsp.errors import UserError

    text = " ".join(str(error).split())
    return text if isinstance(error, UserError) else "{}: {}".format(type(error).__name__, text)
