"""Whose a job's folder is: one configuration's, and one process's at a time."""

import contextlib
import errno
import pathlib
from typing import NamedTuple, Optional

from dmsp.checks import writing
from dmsp.errors import UserError
from dmsp.files import RECORDS, read_json, write_json

DONE, RUNNING, STOPPED = "done", "running", "stopped"
# What runs leave behind that kept no record of themselves.
TRACES = ("summary.json", "results.csv", "checkpoint.npz", "denoiser.npz")
HELD = (errno.EWOULDBLOCK, errno.EACCES)  # what a lock says that another process has
MEND = "name another with hydra.run.dir=…, in a sweep hydra.sweep.dir=…, or remove it"


class Claim(NamedTuple):
    """A folder that a job holds.

    Attributes:
        folder: the folder.
        config_hash: of the configuration that it belongs to.
        continues: whether what an earlier process left there is taken up.
        summary: of the finished job, ``None`` where there is something to do.
    """

    folder: pathlib.Path
    config_hash: str
    continues: bool = False
    summary: Optional[dict] = None

    def finish(self, summary):
        """Write down that the job is done, and its summary.

        To be called before its run is closed in MLflow: what ends the process while
        that is told must not have the job done twice.
        """
        _write(self, DONE, summary=summary)


@contextlib.contextmanager
def claimed(folder, config_hash, resume=False):
    """Hold a job's folder in the block; yields the :class:`Claim`.

    Args:
        folder: where the job writes.
        config_hash: :func:`dmsp.provenance.config_hash` of the job.
        resume: take up what an earlier process of the same job left, instead of starting anew.

    Raises:
        UserError: the folder belongs to another job, or another process is at work there.
    """
    folder = pathlib.Path(str(folder))
    with _locked(folder):
        record = record_of(folder)
        _refuse_foreign(folder, record, config_hash)
        taken_up = bool(resume and record)
        done = taken_up and record["status"] == DONE
        claim = Claim(folder, config_hash, taken_up, record["summary"] if done else None)
        if done:
            yield claim
            return
        _write(claim, RUNNING)
        try:
            yield claim
        except BaseException as error:
            if (record_of(folder) or {}).get("status") == DONE:
                raise
            with contextlib.suppress(UserError):  # the error itself is what is told
                _write(claim, STOPPED, reason=" ".join(str(error).split()) or type(error).__name__)
            raise


def record_of(folder):
    """Return the record of the job that a folder belongs to, ``None`` without one."""
    record = read_json(_record(folder))
    return record if isinstance(record, dict) and "config_hash" in record else None


def is_taken(folder):
    """Whether a folder belongs to a job already."""
    folder = pathlib.Path(str(folder))
    return record_of(folder) is not None or any((folder / name).exists() for name in TRACES)


def is_held(folder):
    """Whether a process is at work on a folder's job."""
    import fcntl

    try:
        with open(str(pathlib.Path(str(folder)) / RECORDS / "lock")) as file:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except OSError as error:
        return error.errno in HELD
    return False


def _refuse_foreign(folder, record, config_hash):
    if record is None and is_taken(folder):
        raise UserError("{}: holds the results of an older run; {}".format(folder, MEND))
    if record is not None and record["config_hash"] != config_hash:
        raise UserError(
            "{}: belongs to another configuration ({}, this one is {}); {}".format(
                folder, record["config_hash"], config_hash, MEND
            )
        )


def _record(folder):
    return pathlib.Path(str(folder)) / RECORDS / "job.json"


def _write(claim, status, summary=None, reason=None):
    record = {"config_hash": claim.config_hash, "status": status}
    record.update(summary=summary, reason=reason)
    with writing("outputs"):
        write_json(_record(claim.folder), record)


@contextlib.contextmanager
def _locked(folder):
    """Hold the folder's lock; the system frees it when the process ends, however it ends."""
    import fcntl

    with contextlib.ExitStack() as stack:
        with writing("outputs"):
            (folder / RECORDS).mkdir(parents=True, exist_ok=True)
            file = stack.enter_context(open(str(folder / RECORDS / "lock"), "w"))
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            # Anything else says that the file system has no locks.
            if error.errno in HELD:
                raise UserError(
                    "{}: another process is at work on this job; wait for it, or {}".format(
                        folder, MEND
                    )
                ) from error
        yield
