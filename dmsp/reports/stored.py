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
    runs, unfinished, elsewhere = [], 0, 0
    for record in records:
        if record.status not in STATUS:
            unfinished += 1
        elif "psnr" in record.metrics:
            runs.append(_run(record))
            elsewhere += record.folder is None
    notes = []
    if unfinished:
        notes.append("left out: {} that did not reach their end".format(unfinished))
    if elsewhere:
        notes.append("{} runs' files are not on this machine: no error bars".format(elsewhere))
    if not runs:
        raise UserError("no run has figures of a restoration; {} were found".format(len(records)))
    return Runs(runs, notes)


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
