"""Results of pictures, and folders of runs as a sweep leaves them, written without one."""

import csv

import numpy as np
import pytest
from PIL import Image, ImageFilter

from dmsp import reports

SHAPE = (48, 64)
PROTOCOL = "RGB, border 0x0, rounded to uint8, range 255"
CONFIG = """\
noise: {noise}
sigma_dae: {sigma_dae}
num_iter: {num_iter}
seed: 0
outputs: {folder}
kernel:
  _target_: dmsp.kernels.gaussian
  std: 1.6
data:
  _target_: dmsp.images.sample
  limit: 8
optimizer:
  _target_: dmsp.optimizers.{optimizer}
  mu: {mu}
task:
  name: {task}
  operator:
    _target_: dmsp.operators.choose_blur
{more}"""
DEFAULTS = {
    "noise": 0.02,
    "sigma_dae": 11,
    "num_iter": 4,
    "optimizer": "Adam",
    "mu": 0.9,
    "task": "deblur",
    "more": "",
}


def truth(name):
    """A picture with an object somewhere."""
    rng = np.random.default_rng(len(name) + ord(name[-1]))
    pixels = rng.integers(60, 180, SHAPE + (3,)).astype(np.uint8)
    soft = Image.fromarray(pixels).filter(ImageFilter.GaussianBlur(2))
    return np.asarray(soft).astype(np.float32)


def write_run(folder, psnr=28.0, pictures=8, facts=None, overrides=(), **values):
    """Write a run's folder; pictures differ by 2 dB from one to the next."""
    values = dict(DEFAULTS, **values)
    results = reports.Results(folder)
    rng = np.random.default_rng(0)
    for i in range(pictures):
        name = "picture{}".format(i)
        clean, value = truth(name), psnr + 2.0 * i + rng.normal(0, 0.01)
        restored = clean + (30 - psnr) * np.sin(np.arange(SHAPE[1]))[:, None]
        steps = [
            {"iteration": k, "psnr": value - 2.0 / k, "ssim": 0.8, "residual": 1.0, "ms": 20.0}
            for k in range(1, 1 + values["num_iter"])
        ]
        results.add(
            reports.PictureResult(
                name,
                restored=restored,
                degraded=clean,
                truth=clean,
                psnr=value,
                ssim=0.5 + value / 100,
                psnr_baseline=22.0 + 2 * i,
                iterations=steps,
            )
        )
    (folder / ".hydra").mkdir()
    (folder / "config.yaml").write_text(CONFIG.format(folder=folder, **values))
    lines = "".join("- {}\n".format(text) for text in overrides)
    (folder / ".hydra" / "overrides.yaml").write_text(lines or "[]\n")
    names = ("noise", "sigma_dae", "task")
    known = dict({name: values[name] for name in names}, optimizer=values["optimizer"].lower())
    known.update(metric_protocol=PROTOCOL, seconds=0.08, seconds_per_iteration=0.02)
    results.finish(dict(known, **(facts or {})))
    return folder


@pytest.fixture(scope="session")
def sweep(tmp_path_factory):
    """noise × sigma_dae; the best at noise 0.01 is sigma_dae 11, at 0.05 it is 15."""
    folder = tmp_path_factory.mktemp("sweep") / "12-00-00"
    folder.mkdir()
    (folder / "multirun.yaml").write_text("")
    figures = {
        (0.01, 7): 28.0,
        (0.01, 11): 28.3,
        (0.01, 15): 28.1,
        (0.05, 7): 25.0,
        (0.05, 11): 25.2,
        (0.05, 15): 25.5,
    }
    for job, ((noise, sigma), psnr) in enumerate(figures.items()):
        overrides = ["task=deblur", "noise={}".format(noise), "sigma_dae={}".format(sigma)]
        write_run(folder / str(job), psnr, noise=noise, sigma_dae=sigma, overrides=overrides)
    return folder


def course(psnr, count=3):
    return [
        {
            "iteration": k,
            "ms": 10.0 * k,
            "psnr": psnr - 1.0 / k,
            "ssim": 0.5,
            "residual": 9.0 / k,
            "step": 1.0 / k,
            "noise": 5.0,
        }
        for k in range(1, count + 1)
    ]


@pytest.fixture
def result(picture):
    """A function that returns a picture's result."""

    def build(name="a", psnr=30.0, **options):
        known = {
            "restored": picture,
            "degraded": picture + 20,
            "truth": picture,
            "kernel": np.eye(3, dtype=np.float32) / 3,
            "psnr": psnr,
            "ssim": 0.9,
            "psnr_baseline": 25.0,
            "iterations": course(psnr or 0.0),
        }
        return reports.PictureResult(name, **dict(known, **options))

    return build


def table(path):
    with open(str(path), newline="") as file:
        return list(csv.DictReader(file))


def pixels(path):
    with Image.open(str(path)) as image:
        return np.asarray(image)
