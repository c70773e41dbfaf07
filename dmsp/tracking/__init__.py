"""What a run was and what it gave, told to MLflow 1.30 and 3.

Importing this room imports no MLflow; opening a run does.
"""

from dmsp.tracking.address import Address
from dmsp.tracking.records import redact
from dmsp.tracking.signals import Killed, killable
from dmsp.tracking.store import Store
from dmsp.tracking.tracker import NoTracker, Tracker

__all__ = ["Killed", "NoTracker", "Tracker", "killable", "mlflow", "none", "redact"]


def mlflow(
    uri, experiment, run_name, tags=None, params=None, parent_run_id=None, outputs="outputs"
):
    """Return the :class:`Tracker` of a new run, opened by ``with``.

    Args:
        uri: a server's address or a database; ``None`` for ``mlflow.db`` in the
            folder ``outputs``, artifacts in ``mlartifacts`` beside it.
        experiment: the group that the run belongs to.
        run_name: what tells the run from others.
        tags: {name: text} that say what the run is.
        params: the configuration, nested; each value is a parameter by its dotted name.
        parent_run_id: run that this one is nested under, as the jobs of a sweep are.
        outputs: folder of the default store.

    Raises:
        UserError: the address is none; on entry, the store does not answer or cannot be written.
    """
    return Tracker(Store(Address(uri, outputs)), experiment, run_name, tags, params, parent_run_id)


def none(
    uri=None,
    experiment=None,
    run_name=None,
    tags=None,
    params=None,
    parent_run_id=None,
    outputs=None,
):
    """Return a tracker that keeps nothing, for runs that need no MLflow."""
    del uri, experiment, run_name, tags, params, parent_run_id, outputs
    return NoTracker()
