"""One run in MLflow: opened, fed, and closed with what became of it."""

import getpass
import logging
import os
import sys
import threading
import time

from dmsp.checks import writing
from dmsp.tracking import journal as journals
from dmsp.tracking import process, records
from dmsp.tracking.courier import Courier
from dmsp.tracking.delivery import Delivery, line
from dmsp.tracking.signals import interruption
from dmsp.tracking.store import Away

log = logging.getLogger(__name__)

FINISHED, FAILED, KILLED = "FINISHED", "FAILED", "KILLED"


class Tracker:
    """A run in MLflow, for ``with``: at the end it is FINISHED, FAILED or KILLED.

    What is logged goes to a journal on the disk, from which a thread delivers it.
    A store that is away or fails is told of and does not stop the run: its records
    stay there until they can be delivered. All methods may be called from any thread.

    Args:
        store: :class:`dmsp.tracking.store.Store`.
        spool: folder of the journals.
        header: {name: value} of what the run is: ``key``, unique; ``experiment``;
            ``name``; ``tags``; ``parent``, key of the run that it is nested under;
            ``folder`` of its files; ``known``, whether it goes on after an end.
        params: {name: text}.
    """

    def __init__(self, store, spool, header, params=None):
        self._store = store
        self._spool = spool
        self._header = dict(header, name=records.run_name(header["name"]))
        self._header["tags"] = records.tags(_identity(header["tags"], self._header["name"]))
        self._header["uri"] = store.address.given
        self._params = params or {}
        self._lock = threading.RLock()
        self._journal = None
        self._courier = None
        self._failure = None
        self._nonfinite = False
        self._memory_only = False

    @property
    def run_id(self):
        """MLflow's name of the run, ``None`` as long as it does not know of it."""
        return self._journal and self._journal.run_id

    @property
    def key(self):
        """The run's own name, which it has from the start; the tag ``run_key``."""
        return self._header["key"]

    @property
    def ui_command(self):
        """The command, or for a server the address, that shows the run."""
        return self._store.address.ui_command

    def __enter__(self):
        self._header["time"] = _now()
        with writing("outputs"):
            self._journal = journals.create(self._spool, self.key, self._header)
        if self._header.get("known"):
            self._journal.take_up(self._header["tags"])
        delivery = Delivery(self._journal, self._store, known=bool(self._header.get("known")))
        away = False
        try:
            delivery.open()
        except Away as error:
            away = True
            log.warning("%s; the run goes on, and its records are kept", error)
        except BaseException:
            self._journal.discard()
            raise
        self._courier = Courier(delivery, away)
        self._courier.start()
        if self._params:
            self._record({"params": records.params(self._params)})
        return self

    def __exit__(self, kind, error, traceback):
        status, reason = _verdict(error, self._failure)
        self._record({"end": [status, _now(), reason and records.redact(reason)]})
        if not self._courier.finish():
            log.warning(
                "tracking: %s has not got everything; deliver the rest with "
                "python -m dmsp.tracking sync %s%s",
                self._store.address.display,
                self._spool.parent,
                " --uri …" if self._store.address.lacks_password else "",
            )
        return False

    def log_metrics(self, metrics, step=None):
        """Log {name: number}; what is not finite becomes the tag ``nonfinite_at``."""
        self._log_rows([(name, value, step) for name, value in metrics.items()])

    def log_history(self, history):
        """Log {name: [(step, number), …]}, thinned to 300 points a series."""
        self._log_rows(
            [
                (name, value, step)
                for name, points in history.items()
                for step, value in records.thin(points)
            ]
        )

    def log_artifact(self, path, folder=None):
        """Keep a copy of a file, in a folder of the run's artifacts."""
        self._record({"artifact": [self._journal.relative(path), folder]})

    def log_artifacts(self, path):
        """Keep a copy of all files under a path, hidden ones and links excepted."""
        self._record({"artifact": [self._journal.relative(path), None]})

    def set_tags(self, tags):
        """Set {name: text}."""
        self._record({"tags": records.tags(tags)})

    def fail(self, reason):
        """Have the run marked FAILED at its end, with a reason, though it goes on now."""
        self._failure = self._failure or reason

    def adopt(self):
        """Nest under this run those that belong to it but were there before it."""
        self._record({"adopt": self.key})

    def _log_rows(self, rows):
        kept = []
        for name, value, step in rows:
            numbers, broken = records.finite({name: value})
            self._note_nonfinite(broken, step)
            kept.extend([key, number, int(step or 0)] for key, number in numbers.items())
        if kept:
            self._record({"metrics": kept, "time": _now()})

    def _note_nonfinite(self, names, step):
        if names and not self._nonfinite:
            self._nonfinite = True
            where = "" if step is None else " at step {}".format(step)
            self.set_tags({"nonfinite_at": ", ".join(names) + where})

    def _record(self, record):
        with self._lock:
            try:
                self._journal.append(record)
            except OSError as error:
                if not self._memory_only:
                    log.warning(
                        "tracking: %s: cannot be written (%s); what MLflow does not take at once "
                        "is lost to it",
                        self._journal.path,
                        error.strerror or error,
                    )
                self._memory_only = True
        self._courier.wake()


class NoTracker:
    """The interface of :class:`Tracker` where nothing is kept."""

    run_id = None
    key = None
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

    def adopt(self):
        """Keep nothing."""


def _identity(tags, run_name):
    """Return the tags with those that MLflow's pages show under names of their own."""
    own = {
        "mlflow.runName": run_name,
        "mlflow.user": _user(),
        "mlflow.source.name": os.path.basename(sys.argv[0]) or "python",
        "mlflow.source.type": "LOCAL",
        "mlflow.source.git.commit": tags.get("git_commit"),
    }
    return dict(own, **dict(process.identity(), **tags))


def _now():
    """Return the time as MLflow keeps it, in milliseconds."""
    return int(1000 * time.time())


def _user():
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # a process without a name, as in some containers
        return None


def _verdict(error, failure):
    """Return MLflow's status for the exception that ended a run, and the reason in a line."""
    killed = interruption(error)
    if killed is not None:
        return KILLED, str(killed) or "interrupted"
    if error is not None and not (isinstance(error, SystemExit) and not error.code):
        return FAILED, line(error)
    return (FINISHED, None) if failure is None else (FAILED, failure)
