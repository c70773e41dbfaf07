"""Sweeps through other engines than Hydra's own."""

import importlib.util
import json

import pytest
import tiny

ASKED = ["noise=0.01,-1,0.02", "sigma_dae=7,11"]
ENGINES = {
    "joblib": ["hydra/launcher=dmsp_joblib"],
    "ray": ["hydra/launcher=dmsp_ray"],
    "submitit": ["hydra/launcher=submitit_local", "hydra.sweeper.max_batch_size=2"],
}


@pytest.fixture(scope="module")
def plain(tmp_path_factory):
    folder = tmp_path_factory.mktemp("plain")
    tiny.make(folder / "pictures")
    done = tiny.launch(folder / "pictures", folder / "basic", "tracking=none", *ASKED)
    assert done.returncode == 2
    return folder


@pytest.mark.slow
@pytest.mark.timeout(900)
@pytest.mark.parametrize("engine", sorted(ENGINES))
def test_an_engine_gives_the_same_figures(plain, engine):
    if importlib.util.find_spec("hydra_plugins.hydra_{}_launcher".format(engine)) is None:
        pytest.skip("the plugin for {} is not installed".format(engine))
    outputs = plain / engine
    done = tiny.launch(plain / "pictures", outputs, *ENGINES[engine] + ASKED)
    assert done.returncode == 2, done.stderr
    assert tiny.figures(outputs) == tiny.figures(plain / "basic")
    statuses = [job["status"] for job in tiny.table(outputs)]
    assert statuses == ["done"] * 2 + ["failed"] * 2 + ["done"] * 2
    assert "4 done, 2 failed" in done.stdout and done.stderr.count("failed: job ") == 2
    again = tiny.launch(plain / "pictures", outputs, "resume=true", *ENGINES[engine] + ASKED)
    assert "2 failed, 4 kept" in again.stdout, again.stderr


@pytest.mark.slow
def test_shards_are_merged_into_what_one_run_gives(plain):
    from dmsp.reports import merge

    asked = ["tracking=none", "noise=0.01"]
    one = tiny.launch(plain / "pictures", plain / "one", *asked)
    parts = tiny.launch(
        plain / "pictures", plain / "parts", "data.shard=1/3,2/3,3/3", "seed=0", *asked
    )
    assert one.returncode == parts.returncode == 0
    (sweep,) = (plain / "parts" / "sweeps").glob("*/*")
    merged = merge.merge([sweep], plain / "merged")
    (whole,) = (plain / "one" / "sweeps").glob("*/*/0")
    summary = json.loads((whole / "summary.json").read_text())
    assert (plain / "merged" / "results.csv").read_text() == (whole / "results.csv").read_text()
    for key in ("psnr", "ssim", "psnr_baseline", "images", "metric_protocol", "noise_told"):
        assert merged[key] == summary[key]


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_a_search_writes_a_configuration_that_runs(plain):
    pytest.importorskip("optuna")
    import subprocess
    import sys

    asked = ["hydra/sweeper=tune_momentum", "hydra.sweeper.n_trials=3", "num_iter=3"]
    asked += ["hydra.sweeper.average.noise=[0.01,0.02]", "tracking=none"]
    done = tiny.launch(plain / "pictures", plain / "search", *asked)
    assert done.returncode == 0, done.stderr
    assert "best of 3 trials" in done.stdout and "6 done" in done.stdout
    (sweep,) = (plain / "search" / "sweeps").glob("*/*")
    best = subprocess.run(
        [sys.executable, "run.py", "--config-dir", str(sweep), "+experiments=best"]
        + ["outputs={}".format(plain / "best"), "tracking=none"],
        cwd=str(tiny.ROOT),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    assert best.returncode == 0, best.stdout
    assert "3 pictures restored" in best.stdout
