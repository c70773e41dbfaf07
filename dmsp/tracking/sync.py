"""What processes have left behind: records that were not delivered, runs that never ended."""

import os
import pathlib
from typing import NamedTuple

from dmsp.files import read_json, write_json
from dmsp.tracking import journal as journals
from dmsp.tracking import process
from dmsp.tracking.address import Address
from dmsp.tracking.delivery import Delivery
from dmsp.tracking.store import Store

KILLED = "KILLED"
REASON = "its process ended without a word, as after kill -9 or for want of memory"


class Outcome(NamedTuple):
    """What became of a journal: the run's name and folder, its MLflow id or what went wrong."""

    name: str
    folder: str
    run_id: str
    error: Exception


def deliver_left_behind(folder, store=None, uri=None):
    """Deliver the journals in a folder on which no process is at work, and yield :class:`Outcome`.

    Args:
        folder: of the journals.
        store: take only those that belong here.
        uri: address in place of the one that a journal names, which is without passwords.
    """
    for path in journals.left_behind(folder):
        journal = journals.open_journal(path)
        if journal is None:
            continue
        try:
            target = store or Store(_address(journal, uri))
            if store is None or _address(journal).display == store.address.display:
                yield _deliver(journal, target)
        finally:
            journal.close()


def mark_stale(delivery):
    """Mark the experiment's runs KILLED whose processes were on this machine and are gone."""
    host = process.identity()["host"].replace("'", "")
    condition = "attributes.status = 'RUNNING' and tags.host = '{}'".format(host)
    for run in delivery.search(condition, everything=False):
        gone = process.is_gone(run.data.tags)
        # It may have closed its run itself since the search.
        if gone and delivery.status(run.info.run_id) == "RUNNING":
            delivery.terminate(run.info.run_id, KILLED, REASON)


def _deliver(journal, store):
    header = journal.header
    try:
        if not journal.ended:
            _end(journal)
        delivery = Delivery(journal, store, known=True)
        delivery.open()
        _write_run_id(header.get("folder"), journal.run_id)
        delivery.send()
    except Exception as error:  # whatever the store's library or the disk raise
        return Outcome(header["name"], header.get("folder"), None, store.explain(error))
    return Outcome(header["name"], header.get("folder"), journal.run_id, None)


def _end(journal):
    """Close the journal of a run whose process is gone, with the files that it left."""
    last = int(1000 * os.path.getmtime(str(journal.path)))
    if journal.header.get("folder"):
        journal.append({"artifact": [journal.relative(journal.header["folder"]), None]})
    journal.append({"end": [KILLED, last, REASON]})


def _write_run_id(folder, run_id):
    """Put the run's name in MLflow into the summary of a run that did not know it."""
    path = pathlib.Path(str(folder), "summary.json")
    summary = read_json(path) if folder else None
    if summary and summary.get("mlflow_run_id") is None:
        write_json(path, dict(summary, mlflow_run_id=run_id))


def _address(journal, uri=None):
    outputs = pathlib.Path(str(journal.path)).parent.parent
    return Address(uri or journal.header["uri"], outputs)
