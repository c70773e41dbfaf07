"""Logging takes no longer because there are many runs already."""

import time

import pytest

from dmsp.tracking.address import Address
from tests.tracking.many_runs import SERIES, fill


def log_a_run(opened, outputs, folder):
    """Log what a restoration of 300 iterations does; return how long that held it up."""
    params = {"group": {"p{}".format(i): i for i in range(25)}}
    start = time.perf_counter()
    with opened(experiment="dmsp-deblur", outputs=outputs, params=params) as tracker:
        tracker.log_history(
            {"iteration/" + name: [(k, 1.0 / (k + 1)) for k in range(300)] for name in SERIES}
        )
        tracker.log_metrics({"figure{}".format(i): i for i in range(10)})
        tracker.log_artifacts(folder)
    return time.perf_counter() - start


@pytest.mark.slow
@pytest.mark.timeout(1200)
def test_a_thousand_runs_do_not_slow_down_the_next(tmp_path, opened):
    folder = tmp_path / "run"
    for name in ("restored/a.png", "restored/b.png", "strips/a.png", "strips/b.png", "a.csv"):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(bytes(200000))
    outputs = tmp_path / "outputs"
    outputs.mkdir()
    params = {"p{}".format(i): str(i) for i in range(25)}
    fill(Address(None, outputs), 1000, 300, params, {"task": "deblur"})
    log_a_run(opened, outputs, folder)
    seconds = sorted(log_a_run(opened, outputs, folder) for _ in range(5))[2]
    print("logging a run beside a thousand others: {:.2f} s".format(seconds))
    assert seconds <= 0.5
