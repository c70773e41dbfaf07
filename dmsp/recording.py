"""What a run tells MLflow of itself: its name, its parameters and what it belongs to."""

import contextlib
import logging
import pathlib
import shlex
import sys

from hydra.core.hydra_config import HydraConfig
from hydra.types import RunMode
from omegaconf import OmegaConf
from omegaconf.errors import OmegaConfBaseException

from dmsp import provenance
from dmsp.config import CONF, build
from dmsp.sweeps import parent
from dmsp.system_metrics import Monitor
from dmsp.tracking import killable, redact

log = logging.getLogger(__name__)

# Of a choice's keys: those that only repeat it.
REPEATED = ("task.name", "task.job", "optimizer.num_iter", "precision.mode")


@contextlib.contextmanager
def tracked(config, folder, tags):
    """Open the MLflow run of a job; a signal that ends the process closes it too.

    An exception that ends the run, or keeps it from being opened, gets the attribute
    ``recorded``.

    Args:
        config: the composed configuration.
        folder: of the job's files.
        tags: {name: text} of what the job is.
    """
    code = {name: text for name, text in provenance.code().items() if text is not None}
    try:
        tracker = _tracker(config, folder, dict(tags, **code), parameters(config))
        with killable(), tracker, Monitor(tracker.log_metrics, config.system_metrics):
            yield tracker
    except Exception as error:
        error.recorded = True
        raise


def record_failure(config, folder, error, reason):
    """Leave a FAILED run of a sweep's job that went wrong before its run was opened.

    Without it the runs under the sweep's would be fewer than its jobs. Of a single run it
    is enough that the user is told.

    Args:
        config: the composed configuration, which may be what is wrong.
        folder: of the job's files.
        error: the exception.
        reason: what it says, in a line.
    """
    if not _membership() or getattr(error, "recorded", False):
        return
    params = {}
    with contextlib.suppress(OmegaConfBaseException):  # of a value that is missing
        params = parameters(config)
    try:
        with _tracker(config, pathlib.Path(folder), {}, params) as tracker:
            tracker.fail(reason)
    except Exception as other:  # what is wrong may be in the way of this, too
        log.warning(
            "tracking: the failure is not recorded (%s)", redact(" ".join(str(other).split()))
        )


def _tracker(config, folder, tags, params):
    """Return the tracker of a job's run, to be opened."""
    membership = _membership()
    tags = dict(tags, task=config.task.name, folder=str(folder), command=command())
    return build(
        config.tracking,
        config.trust_config,
        experiment=membership.get("experiment") or "dmsp-{}".format(config.task.name),
        run_name=_name(config, membership.get("varied")),
        tags=dict(tags, **_place(folder, membership)),
        params=params,
        outputs=str(pathlib.Path(config.outputs).resolve()),
        folder=str(folder),
        parent=membership.get("key"),
    )


def parameters(config):
    """Return what decides a run's figures: choices by group, values by dotted name.

    The whole configuration is the artifact ``config.yaml``.
    """
    choices = HydraConfig.get().runtime.choices
    found = {
        group: choices[group]
        for group in sorted(path.name for path in CONF.iterdir() if path.is_dir())
        if group in choices and group not in provenance.UNSCIENTIFIC
    }
    container = OmegaConf.to_container(config, resolve=True)
    for name, value in _flat(container, ""):
        hidden = "._" in name or name.startswith("task.operator.")  # which repeats the task's
        known = value is not None and name not in REPEATED and not hidden
        if known and name.split(".")[0] not in provenance.UNSCIENTIFIC:
            found[name] = value
    return found


def command():
    """Return what the user typed."""
    return "python " + " ".join(shlex.quote(word) for word in sys.argv)


def _name(config, varied):
    """Name a job by what differs in its sweep, else by what was asked for, else by what it is."""
    asked = [text.lstrip("+") for text in HydraConfig.get().overrides.task]
    asked = [text for text in asked if text.split("=")[0].split(".")[0] not in parent.ASIDE]
    if varied:
        asked = [text for text in asked if text.split("=")[0] in varied] or asked
    return " ".join(asked) or "{} noise={}".format(config.task.name, config.noise)


def _membership():
    """Return what the sweep that a job belongs to says of itself, empty outside of one."""
    hydra = HydraConfig.get()
    return parent.record(hydra.sweep.dir) if hydra.mode == RunMode.MULTIRUN else {}


def _place(folder, membership):
    """Return the tags of a sweep's job."""
    hydra = HydraConfig.get()
    if hydra.mode != RunMode.MULTIRUN:
        return {}
    tags = {"sweep": str(folder.parent), "job": str(hydra.job.num)}
    return dict(tags, sweep_key=membership["key"]) if membership else tags


def _flat(node, prefix):
    for name, value in node.items():
        dotted = "{}.{}".format(prefix, name) if prefix else str(name)
        if isinstance(value, dict) and value:
            yield from _flat(value, dotted)
        else:
            yield dotted, value
