"""MLflow's own pages of a finished sweep, in a real browser."""

import shutil
import subprocess
import sys

import numpy as np
import pytest
from PIL import Image

from dmsp import tracking
from tests.tracking.stores import runs, serving

# MLflow 1 is what Python 3.7 has; its pages have other addresses.
MODERN = sys.version_info >= (3, 8)
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")


@pytest.fixture
def page(tmp_path):
    """A function that returns the text of a page after its scripts have run."""
    if CHROMIUM is None:
        pytest.skip("no chromium here: apt-get install chromium")

    def dump(address, picture=None):
        command = [CHROMIUM, "--headless=new", "--no-sandbox", "--disable-gpu"]
        command += ["--window-size=1500,1000", "--virtual-time-budget=30000"]
        command += ["--user-data-dir={}".format(tmp_path / "chromium")]
        # What the pages would ask of the network is answered here.
        command += ["--host-resolver-rules=MAP * ~NOTFOUND , EXCLUDE 127.0.0.1"]
        wanted = "--dump-dom" if picture is None else "--screenshot={}".format(picture)
        done = subprocess.run(
            command + [wanted, address],
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            timeout=150,
        )
        return done.stdout.decode("utf-8")

    return dump


def log_a_sweep(outputs, folder):
    (folder / "strips").mkdir(parents=True)
    pixels = np.random.RandomState(0).randint(0, 255, (20, 60, 3)).astype(np.uint8)
    strip = Image.fromarray(pixels).resize((600, 200), Image.NEAREST)
    strip.save(str(folder / "strips" / "astronaut.png"))
    job = {"outputs": outputs, "parent": "key", "tags": {"sweep_key": "key", "task": "deblur"}}
    with tracking.mlflow(
        None, "dmsp-deblur", "sweep noise=0.01,0.02", outputs=outputs, key="key"
    ) as sweep:
        for noise in (0.01, 0.02):
            with tracking.mlflow(
                None, "dmsp-deblur", "noise={}".format(noise), params={"noise": noise}, **job
            ) as tracker:
                course = [(k, 24.0 + k / 100.0 - 100 * noise) for k in range(300)]
                tracker.log_history({"iteration/psnr": course})
                tracker.log_metrics({"psnr": 26.1375 - 100 * noise})
                tracker.log_artifacts(folder)
        sweep.log_metrics({"psnr_best": 25.1375, "jobs": 2})


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_the_pages_show_a_sweep(tmp_path, page):
    outputs = tmp_path / "outputs"
    log_a_sweep(outputs, tmp_path / "run")
    with serving(tmp_path, "sqlite:///{}/mlflow.db".format(outputs)) as server:
        from mlflow.tracking import MlflowClient

        found = runs(MlflowClient(server), "dmsp-deblur")
        experiment = "{}/#/experiments/{}".format(server, found[0].info.experiment_id)
        assert "sweep noise=0.01" in page(experiment + ("/runs" if MODERN else ""))
        run = "{}/runs/{}".format(experiment, found[1].info.run_id)
        overview = page(run)
        assert "noise=0.01" in overview and "25.1" in overview
        route = "/artifacts/" if MODERN else "/artifactPath/"
        picture = tmp_path / "strip.png"
        page(run + route + "strips/astronaut.png", picture)
        assert shows_the_strip(picture)


def shows_the_strip(picture):
    """Whether a screenshot has the many colours of the picture in it."""
    colours = Image.open(str(picture)).convert("RGB").getcolors(1 << 24)
    return len(colours) > 1000
