"""The run in MLflow that the jobs of a sweep are nested under."""

import contextlib
import pathlib
import uuid

from dmsp.config import build
from dmsp.errors import UserError
from dmsp.files import RECORDS, read_json, write_json
from dmsp.sweeps import outcomes as states

FILE = "mlflow.json"
# Overrides that do not say what a run computes.
ASIDE = ("tracking", "outputs", "resume", "fail_fast", "trust_config")

# The parent's tracker of the sweep that this process started, while it is open.
_open = []


def record(sweep):
    """Return what a sweep's folder says of the run: ``key``, ``experiment``, ``varied``; or ``{}``.

    Its jobs read it, on whichever machine they run.
    """
    found = read_json(pathlib.Path(str(sweep)) / RECORDS / FILE)
    return found if isinstance(found, dict) and "key" in found else {}


def begin(config):
    """Open the run of the sweep that a master configuration describes, or take it up again."""
    from hydra.core.override_parser.overrides_parser import OverridesParser

    sweep = pathlib.Path(str(config.hydra.sweep.dir)).absolute()
    asked = [text for text in config.hydra.overrides.task if not text.startswith(ASIDE)]
    known = record(sweep)
    sweeping = [
        override.get_key_element().lstrip("+")
        for override in OverridesParser.create().parse_overrides(asked)
        if override.is_sweep_override()
    ]
    own = {
        "key": known.get("key", uuid.uuid4().hex),
        "experiment": _experiment(config, asked),
        "varied": sweeping + list(config.hydra.sweeper.get("params") or {}),
    }
    tracker = build(
        config.tracking,
        config.trust_config,
        experiment=own["experiment"],
        run_name="sweep {}".format(" ".join(asked)),
        tags={"kind": "sweep", "sweep": str(sweep)},
        outputs=str(pathlib.Path(str(config.outputs)).absolute()),
        key=own["key"],
        known=bool(known),
    )
    # The jobs tell of a store that cannot be used.
    with contextlib.suppress(UserError, OSError):
        write_json(sweep / RECORDS / FILE, own)
        _open[:] = [tracker.__enter__()]


def end(sweep, outcomes, error=None):
    """Close the run with the sweep's figures and tables.

    Args:
        sweep: its folder.
        outcomes: list of :class:`dmsp.sweeps.outcomes.Outcome`.
        error: what ended the sweep early.
    """
    if not _open:
        return
    tracker = _open.pop()
    failed = sum(outcome.code != 0 for outcome in outcomes)
    if failed:
        tracker.fail("{} of {} jobs failed".format(failed, len(outcomes)))
    tracker.log_metrics(_figures(outcomes, failed))
    finished = [one for one in _finished(outcomes) if one.psnr is not None]
    best = max(finished, key=lambda one: one.psnr, default=None)
    if best is not None:
        tracker.set_tags({"best": " ".join(best.overrides), "best_folder": best.folder})
    for path in sorted(pathlib.Path(str(sweep)).glob("*")):
        if path.is_file() and not path.name.startswith("."):
            tracker.log_artifact(path)
    page = pathlib.Path(str(sweep)) / "report" / "index.html"
    if page.exists():
        tracker.log_artifact(page, "report")
    tracker.adopt()
    tracker.__exit__(type(error) if error else None, error, None)


def _figures(outcomes, failed):
    finished = _finished(outcomes)
    figures = {
        "jobs": len(outcomes),
        "jobs_finished": len(finished),
        "jobs_failed": failed,
        "seconds": sum(outcome.seconds or 0.0 for outcome in finished),
    }
    for name in ("psnr", "ssim"):
        values = [getattr(one, name) for one in finished if getattr(one, name) is not None]
        if values:
            figures.update({name + "_best": max(values), name + "_worst": min(values)})
    return figures


def _finished(outcomes):
    return [outcome for outcome in outcomes if outcome.status in (states.DONE, states.KEPT)]


def _experiment(config, asked):
    """Return the experiment of a sweep; one over several tasks has one of its own."""
    tasks = [text.split("=", 1)[1] for text in asked if text.lstrip("+").startswith("task=")]
    names = tasks[-1].replace(" ", "").split(",") if tasks else [config.task.name]
    return "dmsp-{}".format("+".join(names))
