"""The choices of conf/task/architecture."""

import json
import subprocess
import sys

import pytest
from hydra import compose, initialize_config_dir
from omegaconf import OmegaConf

from dmsp import denoisers
from dmsp.config import CONF, build
from dmsp.denoisers import networks
from dmsp.denoisers.base import macs_per_pixel

NAMES = sorted(path.stem for path in (CONF / "task" / "architecture").glob("*.yaml"))
STUDY = CONF.parent / "experiments" / "architectures" / "study.py"


def settings(*overrides):
    with initialize_config_dir(str(CONF), version_base="1.3"):
        config = compose("config", ["task=train_denoiser", *overrides])
    OmegaConf.resolve(config)
    return build(config.task.training)


@pytest.mark.parametrize("name", NAMES)
def test_an_architecture_can_be_chosen(name):
    chosen = settings("task/architecture={}".format(name))
    net = networks.network(OmegaConf.to_container(chosen.architecture))
    assert net.conditional and net.residual
    # The bundled network's cost, but for the stack that works on every pixel.
    low, high = (600e3, 700e3) if name == "dncnn" else (190e3, 220e3)
    assert low < macs_per_pixel(net) < high
    assert chosen.biases is (name in ("dncnn", "ffdnet", "unet_biases"))


def test_the_first_choice_is_the_bundled_network():
    assert dict(settings().architecture) == denoisers.default().weights.architecture


def test_the_study_trains_each_for_the_time_and_makes_the_table(tmp_path, monkeypatch):
    monkeypatch.syspath_prepend(str(STUDY.parent))
    import study

    made = []

    def run(command, check, **options):
        made.append(command)
        if "benchmark" in command:
            path = command[command.index("--json") + 1]
            cost = {"parameters": 2e6, "macs_per_pixel": 2e5}
            cost["ms_per_megapixel"] = {"fp32": 2000.4, "allow_mix_precision": 400.0}
            with open(path, "w") as file:
                json.dump({"rows": [cost] * len(NAMES)}, file)
            return
        words = dict(word.split("=", 1) for word in command[2:])
        folder, steps = words["hydra.run.dir"], int(words["task.training.steps"])
        pace = 1.0 if steps == study.PROBE else 0.5
        summary = {"steps": steps, "cpu_seconds": pace * steps, "weights": folder}
        summary.update(("psnr_{}".format(level), 30.0 + level) for level in study.LEVELS)
        target = tmp_path / folder / ".dmsp"
        target.mkdir(parents=True)
        (target / "job.json").write_text(json.dumps({"summary": summary}))

    monkeypatch.setattr(subprocess, "run", run)
    monkeypatch.setattr(study.os, "sched_getaffinity", lambda pid: {0, 1})
    monkeypatch.setattr(
        sys, "argv", ["study.py", "--minutes=3", "--outputs", str(tmp_path), "data.path=x"]
    )
    study.main()
    # 3 minutes on two cores are 720 half seconds; the first steps take longer.
    steps = [word for command in made for word in command if "steps" in word]
    assert steps == ["task.training.steps={}".format(n) for n in (60, 360, 720)] * len(NAMES)
    lines = (tmp_path / "table.md").read_text().splitlines()
    assert len(lines) == 2 + len(NAMES)
    for text in ("| `dncnn` | 2.00 M | 200 k | 720 | 6.0 | 35.00 |", "| 80.00 | 2000 | 400 |"):
        assert text in lines[2]
