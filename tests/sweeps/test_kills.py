"""A sweep that is killed again and again and resumed."""

import random
import signal
import subprocess
import time

import pytest
import tiny

from tests.tracking.stores import client, runs

JOBS, PICTURES, KILLS = 24, 3, 10
ASKED = ["noise=0.01,0.02,0.03,0.04,0.05,0.06", "sigma_dae=7,9,11,13", "optimizer=momentum"]


def kill(process, outputs, progress, delay, number):
    """Kill a sweep a moment after it has come so far, in pictures."""
    while len(list(outputs.glob("sweeps/*/*/*/restored/*.png"))) < progress:
        assert process.poll() is None
        time.sleep(0.02)
    time.sleep(delay)
    assert process.poll() is None
    process.send_signal(number)
    assert process.wait(timeout=120) == (1 if number == signal.SIGTERM else -signal.SIGKILL)


def jobs_in_mlflow(outputs):
    """Return the status of every job's run, and (noise, sigma_dae, PSNR) of the finished ones."""
    found = [run for run in runs(client(outputs), "dmsp-deblur") if "job" in run.data.tags]
    finished = [run for run in found if run.info.status == "FINISHED"]
    figures = [
        (float(run.data.params["noise"]), int(run.data.params["sigma_dae"]), run.data.metrics)
        for run in finished
    ]
    return {run.info.status for run in found}, figures


@pytest.mark.slow
@pytest.mark.timeout(3600)
def test_a_sweep_that_is_killed_ten_times_ends_as_an_undisturbed_one(tmp_path):
    tiny.make(tmp_path / "pictures", PICTURES)
    plain, killed = tmp_path / "plain", tmp_path / "killed"
    done = tiny.launch(tmp_path / "pictures", plain, "tracking=none", *ASKED)
    assert done.returncode == 0, done.stderr
    moments = random.Random(0)
    asked = [tmp_path / "pictures", killed, "resume=true"] + ASKED
    numbers = [signal.SIGTERM, signal.SIGKILL] * (KILLS // 2)
    moments.shuffle(numbers)
    progress = sorted(moments.sample(range(JOBS * PICTURES - 6), KILLS))
    for pictures, number in zip(progress, numbers):
        process = subprocess.Popen(
            tiny.command(*asked), cwd=str(tiny.ROOT), stdout=subprocess.DEVNULL
        )
        kill(process, killed, pictures, moments.uniform(0, 0.5), number)
    done = tiny.launch(*asked)
    assert done.returncode == 0, done.stderr
    assert len(tiny.figures(killed)) == JOBS
    assert tiny.figures(killed) == tiny.figures(plain)
    assert {job["status"] for job in tiny.table(killed)} == {"done", "kept"}
    statuses, figures = jobs_in_mlflow(killed)
    assert statuses == {"FINISHED", "KILLED"} and len(figures) == JOBS
    for noise, sigma, metrics in figures:
        assert metrics["psnr"] == pytest.approx(tiny.figures(plain)[noise, sigma][1], abs=1e-9)
