"""What a run was and what it gave, told to MLflow 1.30 and 3.

Importing this room imports no MLflow; opening a run does.
"""

import pathlib
import uuid

from dmsp.tracking.address import Address
from dmsp.tracking.journal import FOLDER
from dmsp.tracking.records import redact
from dmsp.tracking.signals import Killed, interruption, killable
from dmsp.tracking.store import Store
from dmsp.tracking.tracker import NoTracker, Tracker

__all__ = [
    "Killed",
    "NoTracker",
    "Tracker",
    "interruption",
    "killable",
    "mlflow",
    "none",
    "redact",
]


def mlflow(uri, experiment, run_name, tags=None, params=None, outputs="outputs", **identity):
    """Return the :class:`Tracker` of a new run, opened by ``with``.

    Args:
        uri: a server's address or a database; ``None`` for ``mlflow.db`` in the
            folder ``outputs``, artifacts in ``mlartifacts`` beside it.
        experiment: the group that the run belongs to.
        run_name: what tells the run from others.
        tags: {name: text} that say what the run is.
        params: the configuration, nested; each value is a parameter by its dotted name.
        outputs: folder of the default store, and of the records on their way to any.
        identity: of :class:`Tracker`'s header: ``key``, ``parent``, ``folder``, ``known``.

    Raises:
        UserError: the address is none; on entry, the store cannot be used.
    """
    header = dict(identity, experiment=experiment, name=run_name, tags=tags or {})
    header["key"] = header.get("key") or uuid.uuid4().hex
    header["folder"] = header.get("folder") and str(header["folder"])
    outputs = pathlib.Path(str(outputs)).expanduser().absolute()
    return Tracker(Store(Address(uri, outputs)), outputs / FOLDER, header, params)


def none(
    uri=None, experiment=None, run_name=None, tags=None, params=None, outputs=None, **identity
):
    """Return a tracker that keeps nothing, for runs that need no MLflow."""
    del uri, experiment, run_name, tags, params, outputs, identity
    return NoTracker()
