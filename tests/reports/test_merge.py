"""Shards of a data set into one run."""

import csv
import json

import numpy as np
import pytest

from dmsp import reports
from dmsp.errors import UserError
from dmsp.reports import merge

FACTS = {"task": "deblur", "status": "done", "optimizer": "hqs", "config_hash": "of a shard"}


def picture(name, psnr, kernel=None):
    return reports.PictureResult(
        name=name,
        restored=np.full((8, 8, 3), 9.0),
        degraded=np.zeros((8, 8, 3)),
        estimated_kernel=kernel,
        psnr=psnr,
        ssim=0.9,
        psnr_baseline=20.0,
        iterations=[{"iteration": 1, "ms": 4.0, "psnr": psnr}],
        facts={
            "seconds": 0.5,
            "metric_protocol": "RGB",
            "kernel_seconds": None if kernel is None else 2.0,
        },
    )


TRACKED = "task: {name: deblur}\ntracking: {_target_: dmsp.tracking.mlflow, uri: null}\n"


def shard(folder, part, names, noise=0.01, status="done", kernel=None):
    results = reports.Results(folder)
    for name in names:
        results.add(picture(name, 30.0 + len(name), kernel))
    results.finish(dict(FACTS, status=status))
    outputs = folder.parent.parent
    config = "noise: {}\noutputs: {}\ndata: {{path: a, shard: {}}}\n".format(noise, outputs, part)
    (folder / "config.yaml").write_text(config)


@pytest.fixture
def sweep(tmp_path):
    shard(tmp_path / "sweep" / "0", "1/2", ["a", "ccc"])
    shard(tmp_path / "sweep" / "1", "2/2", ["bb"])
    return tmp_path / "sweep"


def test_the_merged_run_is_that_of_the_whole_set(sweep, tmp_path):
    whole = reports.Results(tmp_path / "whole")
    for name in ("a", "bb", "ccc"):
        whole.add(picture(name, 30.0 + len(name)))
    expected = whole.finish(FACTS)
    merged = merge.merge([sweep], tmp_path / "merged")
    for name in ("results.csv", "iterations.csv"):
        assert (tmp_path / "merged" / name).read_text() == (tmp_path / "whole" / name).read_text()
    differing = {key for key in expected if merged.get(key) != expected[key]}
    assert differing == {"folder", "config_hash"}
    assert merged["config_hash"] is None and merged["seconds"] == 1.5
    assert json.loads((tmp_path / "merged" / "summary.json").read_text())["psnr"] == 32.0
    for name in ("restored", "strips"):
        assert len(list((tmp_path / "merged" / name).iterdir())) == 3
    assert not (tmp_path / "merged" / "kernels").exists()
    assert "shard: null" in (tmp_path / "merged" / "config.yaml").read_text()
    (row,) = csv.DictReader((sweep / "1" / "results.csv").open())
    assert row["name"] == "bb"  # what was merged stays


def test_the_merged_run_is_told_to_mlflow_as_its_parts_were(sweep, tmp_path):
    from mlflow.tracking import MlflowClient

    for part in "01":
        with (sweep / part / "config.yaml").open("a") as file:
            file.write(TRACKED)
    merge.merge([sweep], tmp_path / "merged")
    client = MlflowClient("sqlite:///{}".format(tmp_path / "mlflow.db"))
    experiment = client.get_experiment_by_name("dmsp-deblur")
    (run,) = client.search_runs([experiment.experiment_id])
    assert run.info.status == "FINISHED" and run.data.metrics["psnr"] == 32.0
    assert "results.csv" in {file.path for file in client.list_artifacts(run.info.run_id)}


def test_estimated_kernels_and_their_times_are_merged(tmp_path):
    kernel = np.full((3, 3), 1 / 9, np.float32)
    for part, names in (("1/2", ["a", "ccc"]), ("2/2", ["bb"])):
        shard(tmp_path / "blind" / part[0], part, names, kernel=kernel)
    merged = merge.merge([tmp_path / "blind"], tmp_path / "merged")
    assert merged["kernel_seconds"] == 6.0
    found = {path.name for path in (tmp_path / "merged" / "kernels").iterdir()}
    parts = (tmp_path / "blind").glob("*/kernels/*")
    assert found == {path.name for path in parts} and len(found) >= 3


def test_folders_can_be_named_one_by_one(sweep, tmp_path):
    assert merge.merge([sweep / "1", sweep / "0"], tmp_path / "merged")["images"] == 3


def test_mistakes_take_a_line(sweep, tmp_path):
    def told(folders, into=tmp_path / "merged"):
        with pytest.raises(UserError) as caught:
            merge.merge(folders, into)
        return str(caught.value)

    assert told([sweep / "0"]).startswith("data.shard=2/2: no runs of it")
    assert told([sweep, sweep / "0"]).startswith("data.shard=1/2: 2 runs of it")
    assert "exists already" in told([sweep], tmp_path)
    assert told([tmp_path / "nothing"]).endswith("no such folder")
    assert "holds no run" in told([tmp_path])
    shard(tmp_path / "other", "2/2", ["bb"], noise=0.02)
    assert "differs from" in told([sweep / "0", tmp_path / "other"])
    assert "in noise" in told([sweep / "0", tmp_path / "other"])
    shard(tmp_path / "killed", "2/2", ["bb"], status="stopped: interrupted")
    assert "is not finished" in told([sweep / "0", tmp_path / "killed"])
    shard(tmp_path / "all", "null", ["bb"])
    assert "is no part of a data set" in told([sweep / "0", tmp_path / "all"])
    (sweep / "1" / ".dmsp" / "pictures.jsonl").write_text("")
    assert "journal is not complete" in told([sweep])
    assert not (tmp_path / "merged").exists()
