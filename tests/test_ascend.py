"""``device=ascend`` through the whole launcher, with a stand-in for the platform's plug-in."""

import json
import os
import pathlib
import subprocess
import sys

import numpy as np
import pytest
from PIL import Image

from dmsp.tensorflow import TENSORFLOW_2

ROOT = pathlib.Path(__file__).resolve().parent.parent
PROOF = "The model has been compiled on the Ascend AI processor, current graph id is:"
TINY = ["device=ascend", "data.resize=48", "data.limit=1", "tracking=none"]
needs_tensorflow_1 = pytest.mark.skipif(TENSORFLOW_2, reason="Ascend's plug-in is for 1.15")


def launch(outputs, *overrides, stand_in=True, **environment):
    """Run; return exit code, output, errors and what the stand-in recorded."""
    record = pathlib.Path(str(outputs)) / "record.json"
    environment = dict(os.environ, NPU_STAND_IN_RECORD=str(record), **environment)
    environment.pop("PYTHONPATH", None)
    if stand_in:
        environment["PYTHONPATH"] = str(ROOT / "tests" / "stand_in")
    done = subprocess.run(
        [sys.executable, "run.py", *overrides, "outputs={}".format(outputs)],
        cwd=str(ROOT),
        env=environment,
        capture_output=True,
        text=True,
    )
    lines = record.read_text().splitlines() if record.exists() else []
    return done.returncode, done.stdout, done.stderr, [json.loads(line) for line in lines]


def summary(outputs):
    (path,) = pathlib.Path(str(outputs)).rglob("summary.json")
    return json.loads(path.read_text())


@pytest.fixture(scope="module")
def deblurred(tmp_path_factory):
    outputs = tmp_path_factory.mktemp("deblurred")
    return (outputs,) + launch(
        outputs,
        *TINY,
        "optimizer=momentum",
        "num_iter=4",
        "device.iterations_per_loop=2",
        "precision=force_fp16",
        "device.session_device_id=1",
    )


@needs_tensorflow_1
def test_a_picture_is_deblurred(deblurred):
    outputs, code, out, err, record = deblurred
    assert code == 0, err
    found = summary(outputs)
    assert found["iterations"] == 4 and found["images"] == 1
    assert found["device"].startswith("Ascend NPU 1")
    assert "precision_mode=force_fp16" in found["precision"]
    assert found["seconds_first_call"] > 0
    sessions = [entry["session"] for entry in record if "session" in entry]
    assert sessions and all(s["iterations_per_loop"] == 2 for s in sessions)
    assert sessions[0]["precision_mode"] == "force_fp16" and sessions[0]["use_off_line"] is True


@needs_tensorflow_1
def test_an_unknown_kernel_is_sought_on_the_host(tmp_path):
    code, _, err, record = launch(
        tmp_path,
        *(*TINY, "task=deblur_blind", "task.kernel_size=5", "kernel.size=3", "kernel.length=2"),
        *("task.kernel_blind.descents=1", "optimizer=momentum", "num_iter=4"),
    )
    assert code == 0, err
    assert summary(tmp_path)["kernel_seconds"] > 0
    sessions = [entry["session"]["use_off_line"] for entry in record if "session" in entry]
    assert sessions.count(False) == 1 and sessions.count(True) >= 1


@pytest.mark.slow
@needs_tensorflow_1
def test_the_result_is_that_of_the_cpu(deblurred, tmp_path):
    """Noise that is fed, spatial blur and the plug-in's loop compute the same method."""
    code, _, err, _ = launch(
        tmp_path, *TINY, "device=cpu", "optimizer=momentum", "num_iter=4", stand_in=False
    )
    assert code == 0, err
    assert summary(deblurred[0])["psnr"] == pytest.approx(summary(tmp_path)["psnr"], abs=0.2)


@needs_tensorflow_1
def test_the_proof_is_passed_on(deblurred):
    assert PROOF in deblurred[3]


@needs_tensorflow_1
def test_a_denoiser_is_trained(tmp_path):
    pictures = tmp_path / "pictures"
    pictures.mkdir()
    for i in range(3):
        pixels = np.random.RandomState(i).randint(0, 255, (40, 40, 3)).astype(np.uint8)
        Image.fromarray(pixels).save(str(pictures / "{}.png".format(i)))
    code, out, err, record = launch(
        tmp_path,
        "task=train_denoiser",
        "device=ascend",
        "precision=allow_mix_precision",
        "tracking=none",
        "data.path={}".format(pictures),
        "task.training.architecture.channels=[4,4]",
        "task.training.architecture.blocks=[1,1]",
        "task.training.steps=3",
        "task.training.batch_size=2",
        "task.training.patch=16",
        "task.training.holdout=1",
        "task.training.evaluation_paths=[{}]".format(ROOT / "experiments" / "gallery"),
    )
    assert code == 0, err
    assert PROOF in err
    assert list(tmp_path.rglob("train_denoiser/**/denoiser.npz"))
    assert any("session" in entry for entry in record)


@pytest.mark.slow
@needs_tensorflow_1
@pytest.mark.parametrize(
    "overrides, environment, message",
    [
        ([], {"NPU_STAND_IN_FAILS": "1"}, "device=ascend: the graph was not compiled on the NPU"),
        (["device.iterations_per_loop=3", "num_iter=4"], {}, "num_iter is no multiple of device"),
        (["denoiser.tile=8", "data.resize=200"], {}, "device=ascend: an NPU cannot run"),
    ],
)
def test_nothing_falls_back_silently(tmp_path, overrides, environment, message):
    code, out, err, _ = launch(tmp_path, *TINY, "num_iter=2", *overrides, **environment)
    assert code == 2
    assert err.strip().splitlines()[-1].startswith("error: " + message)


def test_without_the_platform_a_line_says_so(tmp_path):
    code, out, err, _ = launch(tmp_path, *TINY, stand_in=False)
    assert code == 2
    (line,) = [text for text in err.splitlines() if text.startswith("error:")]
    expected = "it needs TensorFlow 1.15" if TENSORFLOW_2 else "npu_bridge is not installed"
    assert line.startswith("error: device=ascend: " + expected)
