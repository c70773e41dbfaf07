"""A sweep that is killed again and again and resumed."""

import random
import subprocess
import time

import pytest
import tiny

JOBS, KILLS = 24, 10
ASKED = ["noise=0.01,0.02,0.03,0.04,0.05,0.06", "sigma_dae=7,9,11,13", "tracking=none"]


@pytest.mark.slow
@pytest.mark.timeout(1800)
def test_a_sweep_that_is_killed_ten_times_ends_as_an_undisturbed_one(tmp_path):
    tiny.make(tmp_path / "pictures")
    start = time.monotonic()
    assert tiny.launch(tmp_path / "pictures", tmp_path / "plain", *ASKED).returncode == 0
    whole = time.monotonic() - start
    moments = random.Random(0)
    asked = [tmp_path / "pictures", tmp_path / "killed", "resume=true"] + ASKED
    killed = 0
    for _ in range(KILLS):
        process = subprocess.Popen(
            tiny.command(*asked), cwd=str(tiny.ROOT), stdout=subprocess.DEVNULL
        )
        try:
            process.wait(moments.uniform(0.1, 0.6) * whole)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
            killed += 1
    done = tiny.launch(*asked)
    assert done.returncode == 0, done.stderr
    assert killed >= KILLS // 2  # the others had nothing left to do
    assert len(tiny.figures(tmp_path / "killed")) == JOBS
    assert tiny.figures(tmp_path / "killed") == tiny.figures(tmp_path / "plain")
    assert {job["status"] for job in tiny.table(tmp_path / "killed")} <= {"done", "kept"}
