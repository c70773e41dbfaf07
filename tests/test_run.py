"""``run.py`` as a user starts it, in a process of its own."""

import json
import pathlib
import re
import signal
import subprocess
import sys
import time

import numpy as np
import pytest
from PIL import Image

ROOT = pathlib.Path(__file__).resolve().parent.parent
TINY = ["data.resize=48", "data.limit=2", "num_iter=3"]
SUMMARY = [
    *("psnr", "ssim", "psnr_baseline", "images", "iterations", "seconds", "seconds_per_iteration"),
    *("device", "precision", "denoiser", "optimizer", "task", "noise", "sigma_dae"),
    *("metric_protocol", "mlflow_run_id", "config_hash", "data_sha256", "denoiser_sha256"),
]


def command(outputs, *overrides):
    return [sys.executable, "run.py"] + list(overrides) + ["outputs={}".format(outputs)]


def launch(outputs, *overrides):
    """Run to the end; return exit code, standard output and standard error."""
    done = subprocess.run(
        command(outputs, *overrides),
        cwd=str(ROOT),
        capture_output=True,
        text=True,
    )
    return done.returncode, done.stdout, done.stderr


def summaries(outputs):
    return [json.loads(p.read_text()) for p in sorted(pathlib.Path(outputs).rglob("summary.json"))]


def folders(outputs):
    return sorted(p.parent for p in pathlib.Path(outputs).glob("*/**/summary.json"))


@pytest.fixture(scope="module")
def sweep(tmp_path_factory):
    """A sweep whose middle job is a mistake, and whose first and last are alike."""
    outputs = tmp_path_factory.mktemp("sweep")
    code, out, err = launch(
        outputs, "-m", "task=superres", "noise=0.02,-1,0.02", "optimizer=momentum", *TINY
    )
    return outputs, code, out, err


@pytest.fixture(scope="module")
def single(tmp_path_factory):
    """The same restoration by itself, both pictures in one batch."""
    outputs = tmp_path_factory.mktemp("single")
    code, out, err = launch(
        outputs, "task=superres", "noise=0.02", "optimizer=momentum", "batch_size=2", *TINY
    )
    assert code == 0, err
    return outputs, out


def test_a_sweep_outlives_a_failing_job(sweep):
    outputs, code, out, err = sweep
    assert code == 2
    first, last = err.splitlines()
    assert first == "error: noise=-1: give a fraction of the peak from 0 to 1, such as 0.02"
    assert last.startswith("failed: job 1") and first[len("error: ") :] in last
    assert [s["images"] for s in summaries(outputs / "sweeps")] == [2, 2]
    assert out.count("2 pictures restored") == 2
    assert "2 done, 1 failed" in out
    (table,) = (outputs / "sweeps").glob("*/*/sweep.csv")
    assert [row.split(",")[1] for row in table.read_text().splitlines()[1:]] == [
        *("done", "failed", "done")
    ]


def test_a_killed_sweep_is_resumed_with_the_same_figures(sweep, tmp_path):
    asked = ["-m", "task=superres", "noise=0.02,-1,0.02", "optimizer=momentum", *TINY]
    process = subprocess.Popen(
        command(tmp_path, *asked, "tracking=none"),
        cwd=str(ROOT),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    deadline = time.time() + 200
    journal = "sweeps/*/*/0/.dmsp/pictures.jsonl"
    while not any(path.read_text().endswith("\n") for path in tmp_path.glob(journal)):
        assert process.poll() is None and time.time() < deadline
        time.sleep(0.01)
    process.kill()
    process.wait()
    before = {path: path.stat().st_mtime_ns for path in tmp_path.glob("sweeps/*/*/0/strips/a*.png")}
    code, out, err = launch(tmp_path, *asked, "tracking=none", "resume=true")
    assert code == 2, err
    # The third job is the first once more: it finds that one's folder.
    assert re.search("(1 done, 1 failed, 1 kept|1 failed, 2 kept)\n", out)
    assert before == {path: path.stat().st_mtime_ns for path in before} != {}
    figures = [
        [(folder / "results.csv").read_text() for folder in folders(outputs / "sweeps")]
        for outputs in (sweep[0], tmp_path)
    ]
    assert figures[1] == figures[0][:1] != []
    assert summaries(tmp_path)[0]["psnr"] == summaries(sweep[0])[0]["psnr"]
    # Once more: nothing is left to do.
    code, out, err = launch(tmp_path, *asked, "tracking=none", "resume=true")
    assert "1 failed, 2 kept" in out and out.count("kept: 2 pictures restored") == 2


def test_mlflow_has_the_jobs_under_their_sweep(sweep):
    from mlflow.tracking import MlflowClient

    outputs = sweep[0]
    client = MlflowClient("sqlite:///{}".format(outputs / "mlflow.db"))
    experiment = client.get_experiment_by_name("dmsp-superres")
    runs = client.search_runs([experiment.experiment_id], "", order_by=["attributes.start_time"])
    parent, first, failed, last = runs
    assert parent.info.status == "FAILED"
    assert parent.data.tags["failure"] == "1 of 3 jobs failed"
    assert parent.data.tags["mlflow.runName"].startswith("sweep task=superres noise=0.02,-1,0.02")
    figures = parent.data.metrics
    assert (figures["jobs"], figures["jobs_finished"], figures["jobs_failed"]) == (3, 2, 1)
    assert figures["psnr_best"] == pytest.approx(first.data.metrics["psnr"])
    assert failed.data.tags["failure"].startswith("noise=-1: give a fraction of the peak")
    assert failed.data.params["noise"] == "-1"
    for run, name, status in [
        (first, "noise=0.02", "FINISHED"),
        (failed, "noise=-1", "FAILED"),
        (last, "noise=0.02", "FINISHED"),
    ]:
        assert run.info.status == status
        assert run.data.tags["mlflow.parentRunId"] == parent.info.run_id
        assert run.data.tags["mlflow.runName"] == name
    files = [artifact.path for artifact in client.list_artifacts(parent.info.run_id)]
    assert {"sweep.csv", "sweep.json", "report"} <= set(files)


def test_a_sweep_ends_with_a_page_of_its_jobs(sweep):
    outputs, _, out, _ = sweep
    (page,) = (outputs / "sweeps").glob("*/*/report/index.html")
    assert "compared in {}".format(page) in out
    text = page.read_text(encoding="utf-8")
    assert text.count("<tr>") >= 2 and "data:image/png" in text


def test_figures_depend_on_neither_process_nor_batch(sweep, single):
    tables = [
        (folder / "results.csv").read_text()
        for outputs in (sweep[0] / "sweeps", single[0] / "superres")
        for folder in folders(outputs)
    ]
    assert len(tables) == 3
    assert tables[0] == tables[1]
    assert [row.split(",")[0] for row in tables[0].splitlines()] == ["name", "astronaut", "chelsea"]
    for one, other in zip(tables[0].splitlines()[1:], tables[2].splitlines()[1:]):
        assert float(one.split(",")[1]) == pytest.approx(float(other.split(",")[1]), abs=0.01)


def test_a_run_leaves_what_it_promises(single):
    outputs, out = single
    (folder,) = folders(outputs / "superres")
    summary = json.loads((folder / "summary.json").read_text())
    assert not [key for key in SUMMARY if summary.get(key) is None]
    assert summary["noise"] == 0.02 and summary["iterations"] == 3
    assert 0 < summary["network_share"] <= 1
    for name in ("astronaut", "chelsea"):
        assert Image.open(str(folder / "restored" / (name + ".png"))).mode == "RGB"
        assert Image.open(str(folder / "strips" / (name + ".png"))).width > 100
    assert Image.open(str(folder / "convergence.png")).width > 100
    assert len((folder / "iterations.csv").read_text().splitlines()) == 1 + 2 * 3
    assert "mu: 0.9" in (folder / "config.yaml").read_text()
    assert str(folder) in out and "mlflow ui --backend-store-uri sqlite:///" in out


def test_a_refused_run_leaves_the_folder_of_another_as_it_was(single):
    (folder,) = folders(single[0] / "superres")
    contents = {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    assert b"noise=0.02" in contents[folder / ".hydra" / "overrides.yaml"]
    code, _, err = launch(
        single[0], "task=superres", "noise=0.5", "hydra.run.dir={}".format(folder), *TINY
    )
    assert code == 2 and "belongs to another configuration" in err
    assert contents == {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_mlflow_has_the_run(single):
    from mlflow.tracking import MlflowClient

    outputs, _ = single
    client = MlflowClient("sqlite:///{}".format(outputs / "mlflow.db"))
    experiment = client.get_experiment_by_name("dmsp-superres")
    (run,) = client.search_runs([experiment.experiment_id])
    (summary,) = summaries(outputs / "superres")
    assert run.info.run_id == summary["mlflow_run_id"]
    assert run.info.status == "FINISHED"
    assert run.data.params["sigma_dae"] == "11" and run.data.params["optimizer.mu"] == "0.9"
    assert run.data.params["optimizer"] == "momentum"
    aside = ("tracking", "outputs", "resume", "_target_", "task.name")
    assert not [name for name in run.data.params if name.startswith(aside) or "._" in name]
    assert run.data.metrics["psnr"] == pytest.approx(summary["psnr"])
    for tag in ("task", "denoiser", "device", "optimizer", "data_sha256", "denoiser_sha256"):
        assert run.data.tags[tag]
    history = client.get_metric_history(run.info.run_id, "iteration/psnr")
    assert [point.step for point in history] == [1, 2, 3]
    artifacts = {artifact.path for artifact in client.list_artifacts(run.info.run_id)}
    assert {"results.csv", "restored", "strips", "convergence.png", "config.yaml"} <= artifacts


def test_the_default_restores_the_picture(tmp_path):
    code, out, err = launch(
        tmp_path,
        "precision=allow_mix_precision",
        "noise_level=blind",
        "tracking=none",
        "data.resize=96",
        "data.limit=1",
    )
    assert code == 0, err
    (summary,) = summaries(tmp_path)
    assert summary["psnr"] > summary["psnr_baseline"] + 2
    assert summary["mlflow_run_id"] is None
    assert not (tmp_path / "mlflow.db").exists()


def test_a_run_that_is_ended_keeps_what_it_has(tmp_path):
    from mlflow.tracking import MlflowClient

    process = subprocess.Popen(
        command(tmp_path, "optimizer=momentum", "num_iter=150", "data.resize=48"),
        cwd=str(ROOT),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    deadline = time.time() + 200
    while not list(tmp_path.rglob("restored/*.png")):
        assert process.poll() is None and time.time() < deadline
        time.sleep(0.1)
    process.send_signal(signal.SIGTERM)
    assert process.wait(60) == 1
    (summary,) = summaries(tmp_path / "deblur")
    assert 1 <= summary["images"] < 4
    assert summary["status"].startswith("stopped")
    client = MlflowClient("sqlite:///{}".format(tmp_path / "mlflow.db"))
    experiment = client.get_experiment_by_name("dmsp-deblur")
    (run,) = client.search_runs([experiment.experiment_id])
    assert run.info.status == "KILLED"


def test_a_trained_denoiser_restores(tmp_path):
    pictures = tmp_path / "pictures"
    pictures.mkdir()
    for i in range(4):
        pixels = np.random.RandomState(i).randint(0, 255, (40, 40, 3)).astype(np.uint8)
        Image.fromarray(pixels).resize((80, 80)).save(str(pictures / "{}.png".format(i)))
    training = [
        "task=train_denoiser",
        "data.path={}".format(pictures),
        "task.training.architecture.channels=[8,8]",
        "task.training.architecture.blocks=[1,1]",
        "task.training.steps=3",
        "task.training.batch_size=2",
        "task.training.patch=16",
        "task.training.holdout=1",
    ]
    code, out, err = launch(tmp_path / "training", *training)
    assert code == 0, err
    (weights,) = (tmp_path / "training").rglob("train_denoiser/**/denoiser.npz")
    assert "denoiser.path={}".format(weights) in out
    code, kept, err = launch(tmp_path / "training", *training, "resume=true")
    assert code == 0 and "kept: 3 steps" in kept, err
    code, out, err = launch(
        tmp_path / "use", "denoiser=npz", "denoiser.path={}".format(weights), "tracking=none", *TINY
    )
    assert code == 0, err
