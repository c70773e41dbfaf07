"""Whole test sets through run.py."""

import json
import pathlib
import subprocess
import sys

import pytest

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
SHARED = ROOT.parent / "shared"


@pytest.mark.slow
@pytest.mark.timeout(3600)
def test_ffdnet_reaches_its_figure_on_cbsd68(tmp_path):
    pictures = SHARED / "data" / "cbsd68"
    weights = SHARED / "reference" / "FFDNet_color.mat"
    if not (pictures.is_dir() and weights.is_file()):
        pytest.skip("CBSD68 or FFDNet_color.mat is not here")
    subprocess.run(
        [
            *(sys.executable, str(ROOT / "run.py"), "task=denoise", "noise=0.058824"),
            *("data=folder", "data.path={}".format(pictures), "denoiser=matconvnet"),
            *("denoiser.path={}".format(weights), "tracking=none"),
            "hydra.run.dir={}".format(tmp_path),
        ],
        check=True,
    )
    summary = json.loads((tmp_path / "summary.json").read_text())
    assert summary["images"] == 68
    assert summary["psnr"] == pytest.approx(33.83, abs=0.03)
