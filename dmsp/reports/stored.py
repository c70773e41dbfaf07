"""Runs of an MLflow store, as they are compared."""

import pathlib

from dmsp.errors import UserError
from dmsp.reports import folders
from dmsp.reports.runs import Runs

STATUS = {"FINISHED": "done", "FAILED": "failed", "KILLED": "killed"}


def load(records):
    """Return the :class:`dmsp.reports.runs.Runs` of what a search found.

    Figures are MLflow's; those of the single pictures come from the runs' files,
    where they are on this machine.

    Args:
        records: list of :class:`dmsp.tracking.search.Record`.

    Raises:
        UserError: none of them has figures.
    """
    runs, lost = [], {}
    for record in records:
        reason = _lacks(record)
        if reason is None:
            runs.append(_run(record))
        elif record.tags.get("kind") != "sweep":  # of which the jobs are the runs
            lost.setdefault(reason, []).append(record)
    notes = [_line(reason, records) for reason, records in lost.items()]
    if not runs:
        raise UserError(
            "no run has figures of a restoration; {} were found{}".format(
                len(records), "".join("; " + note for note in notes)
            )
        )
    elsewhere = sum(run.folder is None for run in runs)
    if elsewhere:
        notes.append("{} runs' files are not on this machine: no error bars".format(elsewhere))
    return Runs(runs, notes)


def _lacks(record):
    """Return why a run cannot be compared, ``None`` where it can."""
    if record.status not in STATUS:
        return "that did not reach their end"
    if "psnr" in record.metrics or record.metrics.get("images"):  # without a truth the latter only
        return None
    return "without figures of a restoration, {}".format(STATUS[record.status])


def _line(reason, records):
    """Return how many runs are left out and why, with what the first of them says."""
    first = next((record.tags["failure"] for record in records if "failure" in record.tags), None)
    text = "left out: {} {}".format(len(records), reason)
    return text if first is None else "{}; the first: {}".format(text, first)


def _run(record):
    params = {name: folders.plain(value) for name, value in record.params.items()}
    figures = {name: record.tags.get(name) for name in ("task", "optimizer", "denoiser", "device")}
    if record.folder is not None:
        figures.update(folders.read_summary(record.folder))
    figures.update(record.metrics, data_sha256=record.tags.get("data_sha256"))
    figures.setdefault("metric_protocol", record.tags.get("metric_protocol"))
    if figures.get("status") in (None, "done"):
        figures["status"] = STATUS[record.status]
    origin = record.tags.get("folder", "")
    return folders.Run(
        name=record.tags.get("job") or record.run_id[:8],
        folder=record.folder,
        params=params,
        figures=figures,
        overrides=folders.read_overrides(pathlib.Path(origin)) if origin else None,
        data=folders.data_key(params, figures),
        data_name=record.tags.get("data") or "",
        sweep=record.tags.get("sweep", ""),
    )
