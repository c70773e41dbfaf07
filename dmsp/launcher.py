"""The story of a run: compose, read, degrade, restore, measure, track."""

import contextlib
import importlib
import pathlib
import statistics
import tempfile

from hydra.core.hydra_config import HydraConfig

from dmsp import (
    environment,
    pipeline,
    progress,
    provenance,
    recording,
    reports,
    secrets,
    sweeps,
)
from dmsp.checks import writing
from dmsp.config import build, check
from dmsp.errors import UserError

# What a search is told of a run that diverged, in dB: a number, and worse than any restoration.
DIVERGED = 0.0


def run(config):
    """Run the job that the task names and return its summary, with its ``objective``.

    With ``resume=true`` a job that is finished in its folder is not run again;
    one that was cut short goes on.
    """
    hydra = HydraConfig.get()
    folder = pathlib.Path(hydra.runtime.output_dir).resolve()
    secrets.clean(hydra.sweep.dir)
    check(config)
    config_hash = provenance.config_hash(config)
    with sweeps.claimed(folder, config_hash, config.resume) as claim:
        if claim.summary is not None:
            print("kept: {}".format(claim.summary["verdict"]))
            return dict(claim.summary, config_hash=config_hash, kept=True)
        environment.prepare(config.device)
        importlib.import_module("dmsp.tensorflow")  # first: it settles how TensorFlow is imported
        provenance.write_config(config, folder)
        jobs = {"restore": restore, "train": train}
        return dict(jobs[config.task.job](config, claim), config_hash=config_hash)


def restore(config, claim):
    """Degrade and restore every picture of the data set; each is on disk as soon as it is done."""
    from dmsp.experiment import Experiment

    folder = claim.folder
    experiment = Experiment(config)
    results = reports.Results(folder, claim.continues)
    tags = experiment.tags()
    facts = dict(provenance.of_run(config), config_hash=claim.config_hash, status="done")
    facts.update((name, tags[name]) for name in ("data_sha256", "denoiser_sha256"))
    with recording.tracked(config, folder, tags) as tracker:
        try:
            _restore_all(experiment, results, config.num_iter)
        except BaseException as error:
            facts["status"] = "stopped: {}".format(str(error) or type(error).__name__)
            raise
        finally:
            experiment.close()
            facts["mlflow_run_id"] = tracker.run_id
            summary = results.finish(dict(facts, **experiment.facts()))
            tracker.log_metrics(reports.headline(summary))
            tracker.set_tags({"metric_protocol": summary["metric_protocol"]})
            tracker.log_history(results.history())
            tracker.log_artifacts(folder)
        if not summary["images"]:
            raise UserError("no picture could be restored; {}".format(results.rows[0]["status"]))
        if summary["diverged"]:
            tracker.fail(sweeps.divergence(summary))
        objective = DIVERGED if summary["diverged"] else summary["psnr"]
        summary.update(verdict=reports.verdict(summary), objective=objective)
        claim.finish(summary)
    _close(summary["verdict"], tracker)
    return summary


def train(config, claim):
    """Train a denoiser on the data set's folder and leave its weights and card in the run's."""
    from dmsp.training import train as train_denoiser

    if "path" not in config.data or config.data.path is None:
        raise UserError("data.path is missing: name the folder of training pictures, data.path=…")
    paths = config.data.path
    paths = [str(paths)] if isinstance(paths, str) else [str(path) for path in paths]
    target = pathlib.Path(str(config.task.folder or claim.folder)).expanduser()
    with writing("task.folder"):  # now, not after hours
        target.mkdir(parents=True, exist_ok=True)
        tempfile.TemporaryFile(dir=str(target)).close()
    settings = build(config.task.training, config.trust_config)
    device = build(config.device, config.trust_config)
    recorded = recording.tracked(config, claim.folder, {})
    with recorded as tracker, progress.steps(settings.steps) as view:

        def report(step, figures):
            view.step(step, figures)
            tracker.log_metrics(
                {"training/" + name: value for name, value in figures.items()}, step
            )

        results = train_denoiser(
            settings, paths, str(target), report, view.note, recording.command(), device
        )
        figures = {name: value for name, value in results.items() if name.startswith("psnr")}
        tracker.log_metrics(dict(figures, seconds=results["seconds"]))
        for path in (results["weights"], results["card"], claim.folder / "config.yaml"):
            tracker.log_artifact(path)
        results.update(verdict=_trained(results), objective=statistics.mean(figures.values()))
        claim.finish(results)
    _close(results["verdict"], tracker)
    return results


def _restore_all(experiment, results, num_iter):
    """Restore batch by batch; the next is read and the last written down at the same time."""
    total = sum(len(batch) for batch in experiment.batches) + len(experiment.skipped)
    kept = len(results.rows)
    left = [b for b in experiment.batches if not all(results.has(entry.name) for entry in b)]
    with progress.display(total, num_iter, done=kept) as view, pipeline.Afterwork() as after:
        for note in experiment.notes():
            view.note(note)
        if kept:
            view.note("{} of {} pictures are done already".format(kept, total))
        _keep(results, view, experiment.skipped)
        with contextlib.closing(pipeline.ahead(experiment.prepare, left)) as prepared:
            for batch in prepared:
                view.start([picture.name for picture in batch.pictures])
                if batch.cut is not None and batch.pictures:
                    view.note(_in_tiles(batch))
                batch, outcomes = experiment.restore(
                    batch, lambda k, rows: view.iteration(k, _mean_psnr(rows)), view.turn
                )
                after.do(_keep, results, view, batch.skipped, experiment.results(batch, outcomes))


def _in_tiles(batch):
    """Return the line on pictures that are restored in tiles."""
    return "{}: restored in {} tiles of at most {} pixels a side".format(
        ", ".join(picture.name for picture in batch.pictures),
        len(batch.cut.tiles(batch.operator.field)),
        batch.cut.side * batch.operator.scale,
    )


def _keep(results, view, skipped, restored=()):
    """Write down what was left out and what was restored, each as soon as it is measured."""
    for picture in skipped:
        if not results.has(picture.name):
            results.skip(picture.name, picture.reason)
            view.note("skipped {}: it {}".format(picture.name, picture.reason))
            view.finish([picture.name], "skipped")
    for result in restored:
        if not results.has(result.name):
            results.add(result)
            if result.doubt:
                view.note("{}: {}".format(result.name, result.doubt))
            view.finish([result.name], _figures(result))


def _trained(results):
    """Return the line that ends a training."""
    reached = ", ".join(
        "{:.2f} dB at sigma {}".format(value, name.rsplit("_")[-1])
        for name, value in results.items()
        if name.startswith("psnr")
    )
    return "{} steps, {}; use it with denoiser=npz denoiser.path={}".format(
        results["steps"], reached, results["weights"]
    )


def _close(line, tracker):
    """Print the line that ends a run, and the command that shows it in MLflow."""
    print(line)
    if tracker.ui_command:
        print("compare runs with: {}".format(tracker.ui_command))


def _mean_psnr(rows):
    known = [row["psnr"] for row in rows if "psnr" in row]
    return statistics.mean(known) if known else None


def _figures(result):
    text = result.status if result.status != "done" else ""
    if result.psnr is None:
        return text
    figures = "{:.2f} dB (baseline {:.2f})".format(result.psnr, result.psnr_baseline)
    return "{}, {}".format(figures, text) if text else figures
