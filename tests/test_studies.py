"""Named studies, and the scripts of Ascend ModelZoo's users."""

import collections
import importlib
import os
import pathlib
import platform
import re
import subprocess
import sys

import numpy as np
import pytest
from PIL import Image

from dmsp.errors import UserError

ROOT = pathlib.Path(__file__).resolve().parent.parent
STUDY = "+experiments=bsds300_deblur"
SCRIPTS = ROOT / "experiments" / "ascend"


def run(command, folder, **environment):
    done = subprocess.run(
        [str(word) for word in command],
        cwd=str(folder),
        env=dict(os.environ, **environment),
        capture_output=True,
        text=True,
    )
    return done.returncode, done.stdout, done.stderr


@pytest.fixture
def published(monkeypatch):
    """Imports a module of experiments/published."""
    monkeypatch.syspath_prepend(str(ROOT / "experiments" / "published"))
    return importlib.import_module


@pytest.fixture(scope="module")
def pictures(tmp_path_factory):
    """A folder as BSDS300's, with two small pictures and the kernels beside it."""
    folder = tmp_path_factory.mktemp("a folder's data")
    test = folder / "BSDS300" / "images" / "test"
    test.mkdir(parents=True)
    rows, columns = np.mgrid[:60, :90]
    for index in range(2):
        wave = 127 + 100 * np.sin(rows / (3.0 + index)) * np.cos(columns / 5.0)
        Image.fromarray(np.dstack([wave] * 3).astype(np.uint8)).save(
            str(test / "{}.png".format(index))
        )
    np.savez(str(folder / "kernels.npz"), k1=np.ones((3, 5)) / 15, k2=np.eye(3) / 3)
    return folder


@pytest.fixture(scope="module")
def study(pictures, tmp_path_factory):
    """The study on two pictures, started from another folder."""
    outputs = tmp_path_factory.mktemp("study")
    code, out, err = run(
        [
            *(sys.executable, ROOT / "run.py", STUDY, "num_iter=2", "tracking=none"),
            "data.path='{}'".format(str(pictures / "BSDS300").replace("'", "\\'")),
            "kernel.path='{}'".format(str(pictures / "kernels.npz").replace("'", "\\'")),
            "outputs={}".format(outputs),
        ],
        outputs,
    )
    assert code == 0, err
    return outputs


def test_the_study_becomes_a_table_beside_what_is_published(study, published):
    lines = published("table").table(study / "bsds300_deblur").splitlines()
    assert lines[0].startswith("| optimizer | denoiser | noise_level | runs | pictures | baseline")
    assert lines[0].endswith("| dmsp, k1 | paper | published code |")
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines[2:]]
    assert sorted(row[:5] for row in rows) == [
        ["momentum", "default", level, "1", "2"] for level in ("blind", "known")
    ]
    assert all(row[6] == row[8] and row[-2:] == ["–", "–"] for row in rows)  # k1 is all there is


def test_the_summary_compares_where_something_is_published(published):
    text = """
## Blur, grey

<!-- blur -->
| noise | baseline | dmsp | s a picture | dmsp, k1 | A | B, k1 |
| --- | --- | --- | --- | --- | --- | --- |
| 1 | 9.00 | 30.00 | 0.5 | 31.00 | 29.00 | 31.50 |
| 2 | 9.00 | 28.00 | 0.5 | 29.00 | 28.50 | – |
| 3 | 9.00 | 20.00 | 0.5 | 21.00 | – | – |
<!-- end -->

## Alone

<!-- alone -->
| noise | dmsp | s a picture |
| --- | --- | --- |
| 1 | 30.00 | 0.5 |
<!-- end -->
"""
    lines = published("summary").summary(text, "here.md").splitlines()
    assert lines[2:] == [
        "| [Blur, grey](here.md#blur-grey) | 2 | 29.00 | +0.25 A; -0.50 B, k1 |",
    ]


def test_a_sweep_becomes_columns_with_the_best_in_bold(published, monkeypatch):
    Run = collections.namedtuple("Run", "params figures complete")
    runs = [
        Run(
            {"sigma_dae": sigma, "noise": 0.02},
            {"task": "deblur", "psnr": psnr, "images": images},
            psnr is not None,
        )
        for sigma, psnr, images in ((5, 29.0, 1), (5, 32.0, 2), (11, 30.5, 3), (7, None, 0))
    ]
    table = published("table")
    monkeypatch.setattr(table.folders, "find", lambda patterns: runs)
    monkeypatch.setattr(table.folders, "read", lambda run: run)
    assert table.table(pathlib.Path("sigma_dae")).splitlines() == [
        "| task | noise | 5 | 11 |",
        "| --- | --- | --- | --- |",
        "| deblur | 0.02 | **31.00** | 30.50 |",
    ]


def test_a_study_of_pictures_has_a_row_for_each(published, monkeypatch):
    Run = collections.namedtuple("Run", "params figures complete found")
    runs = [
        Run({"kernel.name": "k1"}, {"task": task, "psnr": 0.0, "images": 2}, True, found)
        for task, found in (
            ("deblur", {"a": {"psnr": 30.0}, "b": {"psnr": 29.0}}),
            ("deblur_blind", {"b": {"psnr": 29.5}}),
        )
    ]
    table = published("table")
    monkeypatch.setattr(table.folders, "find", lambda patterns: runs)
    monkeypatch.setattr(table.folders, "read", lambda run: run)
    monkeypatch.setattr(table.folders, "pictures", lambda run: run.found)
    assert table.table(pathlib.Path("kernel_blind")).splitlines() == [
        "| picture | kernel | deblur | deblur_blind |",
        "| --- | --- | --- | --- |",
        "| a | k1 | **30.00** | – |",
        "| b | k1 | 29.00 | **29.50** |",
    ]


def test_a_table_takes_the_place_of_the_last_one(published):
    replaced = published("table").replaced
    once = replaced("a\n<!-- x -->\n<!-- end -->\nb\n<!-- y -->\n<!-- end -->\n", "x", "| 1 |")
    assert once == "a\n<!-- x -->\n| 1 |\n<!-- end -->\nb\n<!-- y -->\n<!-- end -->\n"
    assert replaced(once, "x", "| 2 |") == once.replace("1", "2")
    with pytest.raises(UserError, match="no <!-- z -->"):
        replaced(once, "z", "| 1 |")


def test_every_study_has_its_place(published):
    readme = (ROOT / "experiments" / "published" / "README.md").read_text(encoding="utf-8")
    for name, study in published("studies").STUDIES.items():
        assert (ROOT / "experiments" / "{}.yaml".format(name)).is_file()
        assert "<!-- {} -->\n".format(name) in readme and study.runs


def test_studies_without_their_data_are_left_out():
    script = [sys.executable, ROOT / "experiments" / "published" / "tables.py"]
    code, out, err = run(script + ["set12_deblur", "mcmaster_demosaic"], ROOT)
    assert code == 0, err
    assert out.count("left out without --data") == 3  # demosaicing has two parts
    code, _, err = run(script + ["--data", "/nowhere"], ROOT)
    assert code == 2 and err.endswith("error: --data /nowhere: no such file or folder\n")


def test_the_study_is_the_published_protocol(study):
    configs = [
        path.read_text() for path in sorted(study.rglob("config.yaml")) if ".hydra" not in str(path)
    ]
    assert len(configs) == 2
    for text in configs:
        for line in (
            "noise: 0.01",
            "sigma_dae: 11",
            "mu: 0.9",
            "alpha: 0.1",
            "limit: 50",
            "name: k1",
        ):
            assert line in text


def test_a_study_is_added(tmp_path):
    script = ROOT / "run.py"
    code, _, err = run([sys.executable, script, "experiments=bsds300_deblur"], tmp_path)
    assert code == 2
    assert err == "error: experiments: a study is added to the configuration: +experiments=…\n"


def test_an_unknown_study_takes_a_line(tmp_path):
    code, out, err = run(
        [sys.executable, ROOT / "run.py", "+experiments=bsds300_deblurr"], tmp_path
    )
    assert code == 2
    assert err == (
        "error: experiments=bsds300_deblurr: no such choice; did you mean 'bsds300_deblur'?\n"
    )


@pytest.fixture(scope="module")
def launched(pictures, tmp_path_factory):
    """The performance script on the CPU."""
    folder = tmp_path_factory.mktemp("launched")
    code, out, err = run(
        [
            *("bash", SCRIPTS / "train_performance_1p.sh", "--data_path={}".format(pictures)),
            *("--train_steps=2", "--pictures=2", "--precision_mode=must_keep_origin_dtype"),
            *("--kernel_path={}".format(pictures / "kernels.npz"), "--mu=0.8", "--over_dump=True"),
        ],
        folder,
        DMSP_DEVICE="cpu",
        ASCEND_DEVICE_ID="5",
        PYTHON=sys.executable,
        MLFLOW_TRACKING_URI="",
    )
    log = folder / "output" / "5" / "train_5.log"
    assert code == 0, out + err + (log.read_text() if log.exists() else "")
    return folder / "output" / "5", out


def test_the_script_prints_the_lines_that_are_looked_for(launched):
    folder, out = launched
    line = r"^Finished psnr = \d+\.\d\d \(\d+\.\d examples/sec; \d+\.\d{3} sec/batch\)$"
    log = (folder / "train_5.log").read_text()
    assert len(re.findall(line, out, re.MULTILINE)) == 2
    assert len(re.findall(line, log, re.MULTILINE)) == 2
    for name in ("Final Performance images/sec : ", "Final Performance sec/step : "):
        assert name in out
    assert "E2E Training Duration sec : " in out and "without an NPU" in out


def test_the_script_writes_the_result_file_and_the_checkpoint(launched):
    folder, _ = launched
    (path,) = folder.glob("*_perf.log")
    assert path.name == "DMSP_ID1290_for_Tensorflow_bs1_1p_perf.log"
    found = dict(line.split(" = ") for line in path.read_text().splitlines())
    assert found["Network"] == "DMSP_ID1290_for_Tensorflow"
    assert (found["RankSize"], found["BatchSize"]) == ("1", "1")
    assert found["DeviceType"] == platform.machine()
    assert found["CaseName"] == path.stem
    assert float(found["ActualFPS"]) > 0 and float(found["TrainingTime"]) > 0
    assert int(found["E2ETrainingTime"]) > 0 and float(found["TrainAccuracy"]) > 5
    assert (folder / "model" / "model.ckpt.index").is_file()
    assert (folder / "model" / "restoration.pb").is_file()


def test_the_flags_become_overrides(launched):
    folder, _ = launched
    (path,) = folder.glob("runs/*/config.yaml")
    text = path.read_text()
    for line in (
        "mu: 0.8",
        "mode: must_keep_origin_dtype",
        "num_iter: 2",
        "limit: 2",
        "split: test",
    ):
        assert line in text


@pytest.mark.parametrize("script", ["train_full_1p.sh", "train_performance_1p.sh"])
def test_help_and_mistakes(script, tmp_path):
    code, out, _ = run(["bash", SCRIPTS / script, "--help"], tmp_path)
    assert code == 0
    for flag in (
        *("data_path", "output_path", "precision_mode", "train_steps", "train_epochs"),
        *("batch_size", "data_url", "num_iter", "denoiser", "sigma_dae", "mu", "alpha"),
        *("over_dump", "data_dump_flag", "data_dump_step", "profiling", "autotune"),
        *("use_mixlist", "mixlist_file", "fusion_off_flag", "fusion_off_file", "ckpt_path"),
    ):
        assert "--" + flag in out
    for arguments, message in (
        ([], 'para "data_path" must be config'),
        (["--data_path=/nowhere"], "data_path=/nowhere: no such folder"),
        (["--data_path=.", "--speed=3"], "--speed=3: no such flag"),
        (["--data_path=.", "--batch_size=two"], "batch_size=two: give a whole number"),
    ):
        code, _, err = run(["bash", SCRIPTS / script] + arguments, tmp_path)
        assert code == 2 and message in err
    assert not (tmp_path / "output").exists()
