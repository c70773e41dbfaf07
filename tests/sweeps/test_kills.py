"""A sweep that is killed again and again and resumed."""

import random
import subprocess
import time

import pytest
import tiny

JOBS, PICTURES, KILLS = 24, 3, 10
ASKED = ["noise=0.01,0.02,0.03,0.04,0.05,0.06", "sigma_dae=7,9,11,13", "tracking=none"]


def kill(process, outputs, progress, delay):
    """Kill a sweep a moment after it has come so far, in pictures."""
    while len(list(outputs.glob("sweeps/*/*/*/restored/*.png"))) < progress:
        assert process.poll() is None
        time.sleep(0.02)
    time.sleep(delay)
    assert process.poll() is None
    process.kill()
    process.wait()


@pytest.mark.slow
@pytest.mark.timeout(1800)
def test_a_sweep_that_is_killed_ten_times_ends_as_an_undisturbed_one(tmp_path):
    tiny.make(tmp_path / "pictures", PICTURES)
    assert tiny.launch(tmp_path / "pictures", tmp_path / "plain", *ASKED).returncode == 0
    moments = random.Random(0)
    asked = [tmp_path / "pictures", tmp_path / "killed", "resume=true"] + ASKED
    for progress in sorted(moments.sample(range(JOBS * PICTURES - 6), KILLS)):
        process = subprocess.Popen(
            tiny.command(*asked), cwd=str(tiny.ROOT), stdout=subprocess.DEVNULL
        )
        kill(process, tmp_path / "killed", progress, moments.uniform(0, 0.5))
    done = tiny.launch(*asked)
    assert done.returncode == 0, done.stderr
    assert len(tiny.figures(tmp_path / "killed")) == JOBS
    assert tiny.figures(tmp_path / "killed") == tiny.figures(tmp_path / "plain")
    assert {job["status"] for job in tiny.table(tmp_path / "killed")} == {"done", "kept"}
