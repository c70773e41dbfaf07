"""What became of each job of a sweep, gathered from all processes through files."""

import contextlib
import pathlib
import shutil
import sys
from typing import NamedTuple, Optional

from dmsp.files import RECORDS, read_json, write_json
from dmsp.sweeps.claims import is_held
from dmsp.tracking import redact

DONE, KEPT, DIVERGED, FAILED = "done", "kept", "diverged", "failed"
KILLED, WAITING, RUNNING = "killed", "not started", "running"

# Folder of the sweep that this process started, if it did, and the overrides of each of its jobs.
_started = []


class Outcome(NamedTuple):
    """A job and what became of it.

    Attributes:
        job: its number.
        overrides: what was asked for, a list.
        folder: where its files are, empty where it has none.
        status: ``done``, ``kept`` (done already when it was resumed), ``diverged`` (done,
            but not with every picture), ``failed``, ``killed``, ``not started`` or, as long as
            it is at work, ``running``.
        reason: why it failed, or what is to be known of it.
        code: exit code, 0 for none.
        psnr: dB, ``None`` where it is not known; as ``ssim``, ``psnr_baseline`` and ``seconds``.
        config_hash: of its configuration.
    """

    job: int
    overrides: list
    folder: str
    status: str = RUNNING
    reason: str = ""
    code: int = 0
    psnr: Optional[float] = None
    ssim: Optional[float] = None
    psnr_baseline: Optional[float] = None
    seconds: Optional[float] = None
    config_hash: Optional[str] = None

    def with_figures(self, summary):
        """Return the outcome of a job that ended with a summary."""
        names = ("psnr", "ssim", "psnr_baseline", "seconds", "config_hash")
        outcome = self._replace(**{name: summary.get(name) for name in names})
        reason = divergence(summary)
        if reason:
            return outcome._replace(status=DIVERGED, reason=reason, code=1)
        return outcome._replace(status=KEPT if summary.get("kept") else DONE)


def divergence(summary):
    """Return how many pictures of a run diverged, in words; empty where none did."""
    if not summary.get("diverged"):
        return ""
    return "{} of {} pictures diverged".format(summary["diverged"], summary["images"])


class Reporter:
    """Keeps the outcome of one job of a sweep where the sweep's end finds it.

    Args:
        sweep: the sweep's folder, ``None`` for a single run, of which nothing is kept.
        outcome: the :class:`Outcome` so far.
    """

    def __init__(self, sweep, outcome):
        self._folder = None if sweep is None else pathlib.Path(str(sweep)) / RECORDS / "jobs"
        self.outcome = outcome

    def set(self, outcome):
        """Write the outcome down."""
        self.outcome = outcome
        if self._folder is None:
            return
        with contextlib.suppress(OSError):  # a full disk must not turn a finished job into another
            write_json(self._folder / "{}.json".format(outcome.job), outcome._asdict())
            if outcome.status == FAILED:
                (self._folder / FAILED).touch()

    def others_failed(self):
        """Whether another job of the sweep has failed."""
        return self._folder is not None and (self._folder / FAILED).exists()


def reporter():
    """Return the :class:`Reporter` of Hydra's job that is under way."""
    from hydra.core.hydra_config import HydraConfig
    from hydra.types import RunMode

    hydra = HydraConfig.get()
    sweeping = hydra.mode == RunMode.MULTIRUN
    outcome = Outcome(
        job=int(hydra.job.num) if sweeping else 0,
        overrides=[redact(text) for text in hydra.overrides.task],
        folder=hydra.runtime.output_dir,
    )
    return Reporter(hydra.sweep.dir if sweeping else None, outcome)


def start(sweep, planned=()):
    """Open a sweep in its folder: what an earlier one noted there is forgotten.

    Args:
        sweep: the folder.
        planned: the overrides of each of its jobs, as far as they are known.
    """
    sweep = pathlib.Path(str(sweep)).absolute()
    shutil.rmtree(str(sweep / RECORDS / "jobs"), ignore_errors=True)
    _started[:] = [(sweep, list(planned))]


def finish(error=None):
    """Close the sweep that this process started, if it did and has not yet.

    Prints its table and writes it as ``sweep.csv`` and ``sweep.json``, writes the page
    that compares its jobs unless it ended early, and closes its run in MLflow.

    Args:
        error: what ended the sweep early.

    Returns:
        the outcomes of its jobs by number.
    """
    from dmsp.sweeps import parent, table

    if not _started:
        return []
    sweep, planned = _started.pop()
    outcomes = gathered(sweep)
    if outcomes:
        outcomes = _with_the_rest(outcomes, planned)
        with contextlib.suppress(OSError):
            table.write(sweep, outcomes)
        table.show(sweep, outcomes)
    if error is None:
        _compare(sweep, outcomes)
    parent.end(sweep, outcomes, error)
    return outcomes


def _compare(sweep, outcomes):
    """Write the page that puts the jobs with pictures side by side, and say where it is."""
    from dmsp.reports import page

    finished = [one.folder for one in outcomes if one.status in (DONE, KEPT, DIVERGED)]
    if sum((pathlib.Path(folder) / "restored").is_dir() for folder in finished) < 2:
        return
    try:
        print("compared in {}".format(page.write(sweep)))
    except Exception as error:  # whatever the drawing raises: the sweep itself is done
        reason = " ".join(str(error).split()) or type(error).__name__
        print("its jobs could not be compared: {}".format(redact(reason)), file=sys.stderr)


def gathered(sweep):
    """Return the outcomes in a sweep's folder by number.

    A job that told of no end was killed, unless it is in a queue's hands and goes on.
    """
    records = [read_json(path) for path in (sweep / RECORDS / "jobs").glob("*.json")]
    outcomes = [_judged(Outcome(**record)) for record in records if record]
    return sorted(outcomes, key=lambda outcome: outcome.job)


def _with_the_rest(outcomes, planned):
    """Return the outcomes with those of the jobs that were never handed out."""
    known = {outcome.job for outcome in outcomes}
    rest = [
        Outcome(job, [redact(text) for text in overrides], "", WAITING, "the sweep ended before")
        for job, overrides in enumerate(planned)
        if job not in known
    ]
    return sorted(outcomes + rest, key=lambda outcome: outcome.job)


def _judged(outcome):
    if outcome.status != RUNNING:
        return outcome
    if is_held(outcome.folder):
        return outcome._replace(reason="its process is still at work", code=1)
    return outcome._replace(status=KILLED, reason="its process ended", code=1)
