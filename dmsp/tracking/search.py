"""Runs read back from MLflow, a page of them in each query."""

import pathlib
import re
from typing import Dict, NamedTuple, Optional
from urllib.parse import unquote, urlsplit

from dmsp.errors import UserError, nearest
from dmsp.tracking.address import Address
from dmsp.tracking.store import Store

PAGE = 500  # runs in a query
OURS = "dmsp-"  # what the names of our experiments begin with


class Record(NamedTuple):
    """A run as MLflow has it.

    Attributes:
        run_id: MLflow's name of it.
        status: ``FINISHED``, ``FAILED``, ``KILLED``, ``RUNNING`` …
        params, metrics, tags: {name: value}, of the metrics the last.
        folder: of its artifacts where they are on this machine, else ``None``.
    """

    run_id: str
    status: str
    params: Dict[str, str]
    metrics: Dict[str, float]
    tags: Dict[str, str]
    folder: Optional[pathlib.Path]


def search(uri, outputs="outputs", experiment=None, sweep=None, condition=None):
    """Return the :class:`Record` of each run in a store, oldest first.

    Args:
        uri: as ``tracking.uri``.
        outputs: folder of the default store.
        experiment: name; ``None`` for all of ours.
        sweep: folder of a sweep, or the end of it; or the id of its parent run.
        condition: MLflow's filter, such as ``metrics.psnr > 30``.

    Raises:
        UserError: there is no such store or experiment, or the filter cannot be read.
    """
    conditions = [condition] if condition else []
    if sweep is not None and re.search(r"['\\]", sweep):
        raise UserError("--sweep={}: quotes are not possible".format(sweep))
    if sweep is not None and re.match(r"^[0-9a-f]{32}$", sweep):
        conditions.append("tags.`mlflow.parentRunId` = '{}'".format(sweep))
    elif sweep is not None:
        conditions.append("tags.sweep LIKE '%{}'".format(sweep.rstrip("/")))

    def find(client):
        ids = _experiments(client, experiment)
        token, found = None, []
        while True:
            page = client.search_runs(
                ids,
                " and ".join(conditions),
                max_results=PAGE,
                page_token=token,
                order_by=["attributes.start_time ASC"],
            )
            found.extend(_record(run) for run in page)
            token = page.token
            if not token:
                return found

    return Store(Address(uri, outputs)).read(find)


def _experiments(client, name):
    names, token = {}, None
    while True:
        page = client.search_experiments(page_token=token)
        names.update((e.name, e.experiment_id) for e in page)
        token = page.token
        if not token:
            break
    ours = {known: number for known, number in names.items() if known.startswith(OURS)}
    if name is not None and name not in names:
        raise UserError("--experiment={}: no such experiment{}".format(name, nearest(name, names)))
    if name is None and not ours:
        raise UserError("no experiment whose name begins with {}".format(OURS))
    return [names[name]] if name is not None else list(ours.values())


def _record(run):
    data = run.data
    return Record(
        run.info.run_id, run.info.status, data.params, data.metrics, data.tags, _local(run)
    )


def _local(run):
    """Return the folder of a run's artifacts, or that in which it ran, where it is here."""
    parts = urlsplit(run.info.artifact_uri or "")
    folders = [unquote(parts.path)] if parts.scheme in ("", "file") else []
    folders.append(run.data.tags.get("folder", ""))
    for folder in folders:
        if folder and (pathlib.Path(folder) / "summary.json").exists():
            return pathlib.Path(folder)
    return None
