"""A disk that is full, a folder that cannot be written."""

import os
import pathlib
import subprocess
import sys

import pytest

from tests.tracking.stores import ROOT, check, execute

LIMITED = """
import logging, resource, sys
logging.basicConfig(format="%(message)s")
from dmsp import tracking
with tracking.mlflow(None, "tests", "full", outputs=sys.argv[1]) as tracker:
    resource.setrlimit(resource.RLIMIT_FSIZE, (2000, resource.RLIM_INFINITY))
    for k in range(50):
        tracker.log_metrics({"psnr": k}, k)
    print("went on", flush=True)
"""


def test_a_run_outlives_a_disk_that_fills_up(tmp_path):
    """No file may grow: neither journal nor database take anything more."""
    lines = check(execute(LIMITED, tmp_path)).splitlines()
    assert "went on" in lines
    told = [line for line in lines if line.startswith("tracking")]
    assert 1 <= len(told) <= 3 and "Traceback" not in " ".join(lines)
    assert "cannot be written (File too large)" in told[0] or "disk" in told[0]


@pytest.fixture
def small_disk(tmp_path):
    """A file system of less than two megabytes."""
    folder = tmp_path / "disk"
    folder.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", "size=1800k", "tmpfs", str(folder)]
    if os.getuid() or subprocess.call(command, stderr=subprocess.DEVNULL):
        pytest.skip("a small file system can only be made by root")
    yield folder
    subprocess.check_call(["umount", "-l", str(folder)])


@pytest.mark.slow
def test_a_full_disk_takes_a_line_and_keeps_the_pictures(small_disk):
    """The store fits, some of the pictures do not."""
    done = subprocess.run(
        [sys.executable, "run.py", "num_iter=1", "outputs={}".format(small_disk)],
        cwd=str(ROOT),
        capture_output=True,
        text=True,
    )
    errors = [line for line in done.stderr.splitlines() if line.startswith("error:")]
    assert done.returncode == 2 and len(errors) == 1
    assert "No space left on device" in errors[0] and "Traceback" not in done.stderr
    restored = list(pathlib.Path(str(small_disk)).rglob("restored/*.png"))
    assert restored and all(path.stat().st_size for path in restored)
