"""A journal's records on their way into MLflow: delivered in order, and twice without harm.

Metrics carry the time at which they were logged, so that MLflow's databases take
one that they have for what it is; the run is found again by its key.
"""

import logging
import os

from dmsp.errors import UserError
from dmsp.tracking import records

log = logging.getLogger(__name__)

# What MLflow will not take, however often it is sent.
REJECTIONS = ("INVALID_PARAMETER_VALUE", "RESOURCE_DOES_NOT_EXIST")
RETRIED = (401, 403, 408, 429)


class Rejected(Exception):
    """A record that cannot be delivered at all."""


class Delivery:
    """The way of one journal into a store.

    Args:
        journal: :class:`dmsp.tracking.journal.Journal`.
        store: :class:`dmsp.tracking.store.Store`.
        known: whether the run may be in the store already.

    Attributes:
        calls: how many calls the store has answered.
    """

    def __init__(self, journal, store, known=False):
        self.journal = journal
        self.store = store
        self.calls = 0
        self._known = known
        self._client = None
        self._experiment_id = None

    def open(self):
        """Open the store and find or create the run.

        Raises:
            UserError: the store cannot be used; :class:`dmsp.tracking.store.Away`: it
                does not answer.
            Exception: whatever MLflow raises.
        """
        if self._client is None:
            experiment = self.journal.header["experiment"]
            self._client, self._experiment_id = self.store.open(experiment)
        if self.journal.run_id is None:
            self.journal.delivered(-1, self._find_or_create())

    def send(self):
        """Deliver what is pending.

        Raises:
            Exception: whatever MLflow raises; what is not delivered stays in the journal.
        """
        self.open()
        for number, calls in _batches(self.journal.pending()):
            for kind, content in calls:
                try:
                    getattr(self, "_send_" + kind)(content)
                except Exception as error:
                    if not _is_rejection(error):
                        raise
                    log.warning(
                        "tracking: %s: %s; the files of the run are complete",
                        self.store.address.display,
                        records.redact(line(error)),
                    )
            self.journal.delivered(number, self.journal.run_id)

    def search(self, condition, everything=True):
        """Return the experiment's runs that meet a condition of MLflow's."""
        from mlflow.entities import ViewType

        view = ViewType.ALL if everything else ViewType.ACTIVE_ONLY
        return self._call(self._client.search_runs, [self._experiment_id], condition, view)

    def status(self, run_id):
        """Return the status of a run, as MLflow has it now."""
        return self._call(self._client.get_run, run_id).info.status

    def terminate(self, run_id, status, reason, time=None):
        """Close a run of the experiment."""
        if reason is not None:
            self._call(self._client.set_tag, run_id, "failure", reason)
        self._call(self._client.set_terminated, run_id, status, time)

    def _find_or_create(self):
        header = self.journal.header
        found = self.search("tags.run_key = '{}'".format(header["key"])) if self._known else []
        if found:
            self._take_up(found[0])
            return found[0].info.run_id
        tags = dict(header["tags"], run_key=header["key"])
        if header.get("parent"):
            parents = self.search("tags.run_key = '{}'".format(header["parent"]))
            if parents:
                tags["mlflow.parentRunId"] = parents[0].info.run_id
        self._known = True  # should the answer get lost
        run = self._call(
            self._client.create_run, self._experiment_id, header["time"], tags, header["name"]
        )
        return run.info.run_id

    def _take_up(self, run):
        """Have a run go on that had an end."""
        # Before it is RUNNING again, or it would be marked for the process that it had before.
        for name in ("host", "process"):
            self._call(
                self._client.set_tag, run.info.run_id, name, self.journal.header["tags"][name]
            )
        if "failure" in run.data.tags:
            self._call(self._client.delete_tag, run.info.run_id, "failure")
        self._call(self._client.update_run, run.info.run_id, "RUNNING")

    def _send_params(self, values):
        from mlflow.entities import Param

        params = [Param(key, text) for key, text in values.items()]
        for chunk in records.chunks(params, records.PARAMS_PER_BATCH):
            self._call(self._client.log_batch, self.journal.run_id, (), chunk)

    def _send_tags(self, values):
        from mlflow.entities import RunTag

        tags = [RunTag(key, text) for key, text in values.items()]
        for chunk in records.chunks(tags, records.PARAMS_PER_BATCH):
            self._call(self._client.log_batch, self.journal.run_id, (), (), chunk)

    def _send_metrics(self, rows):
        from mlflow.entities import Metric

        metrics = [Metric(name, value, time, step) for name, value, step, time in rows]
        for chunk in records.chunks(metrics, records.METRICS_PER_BATCH):
            self._call(self._client.log_batch, self.journal.run_id, chunk)

    def _send_artifact(self, content):
        path, folder = self.journal.absolute(content[0]), content[1]
        if path.is_dir():
            files = [file for file in sorted(path.rglob("*")) if file.is_file()]
            # A link may lead anywhere, and what is hidden is not a result.
            files = [file for file in files if not (file.is_symlink() or _is_hidden(file, path))]
        else:
            files = [path]
        for file in files:
            if not os.access(str(file), os.R_OK):
                raise Rejected("{}: cannot be read".format(file))
            below = file.parent.relative_to(path).as_posix() if file != path else folder
            below = None if below == "." else below
            self._call(self._client.log_artifact, self.journal.run_id, str(file), below)

    def _send_adopt(self, key):
        """Nest the runs under this one that were there before it."""
        for run in self.search("tags.sweep_key = '{}'".format(key)):
            if "mlflow.parentRunId" not in run.data.tags:
                self._call(
                    self._client.set_tag,
                    run.info.run_id,
                    "mlflow.parentRunId",
                    self.journal.run_id,
                )

    def _send_end(self, content):
        status, time, reason = content
        self.terminate(self.journal.run_id, status, reason, time)

    def _call(self, function, *arguments):
        answer = self.store.call(function, *arguments)
        self.calls += 1
        return answer


def line(error):
    """Return an error in one line, with its kind where its text is not made for users."""
    text = " ".join(str(error).split())
    if isinstance(error, (UserError, Rejected)):
        return text
    return "{}: {}".format(type(error).__name__, text)


def _batches(pending):
    """Yield (number of the last record, [(kind, content), …]); metrics in a row are one."""
    rows, last = [], None
    for record in pending:
        if "metrics" in record:
            rows.extend(row + [record["time"]] for row in record["metrics"])
            last = record["n"]
            if len(rows) < records.METRICS_PER_BATCH:
                continue
        if rows:
            yield last, [("metrics", rows)]
            rows = []
        if "metrics" not in record:
            content = [(kind, value) for kind, value in record.items() if kind != "n"]
            yield record["n"], content
    if rows:
        yield last, [("metrics", rows)]


def _is_rejection(error):
    """Return whether a record will never be taken: by MLflow, or as its file is gone."""
    status = getattr(getattr(error, "response", None), "status_code", 0)
    return (
        isinstance(error, Rejected)
        or getattr(error, "error_code", None) in REJECTIONS
        or (400 <= status < 500 and status not in RETRIED)
    )


def _is_hidden(file, root):
    return any(part.startswith(".") for part in file.relative_to(root).parts)
