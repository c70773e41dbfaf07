"""From a config node to what it describes."""

import numpy as np
import pytest
from omegaconf import OmegaConf

from dmsp.config import build
from dmsp.errors import UserError


def test_targets_take_of_what_is_offered_what_they_have_a_name_for():
    offered = {"std": 2.0, "radius": 3.0}
    assert build({"_target_": "dmsp.kernels.disk"}, offered=offered).shape == (7, 7)
    assert build({"_target_": "dmsp.kernels.delta"}, offered=offered).shape == (1, 1)
    wide = build({"_target_": "dmsp.kernels.gaussian", "std": 4.0}, offered=offered)
    assert wide.shape == (25, 25)


def test_an_argument_with_a_target_is_built_first():
    node = {
        "_target_": "dmsp.operators.Mask",
        "mask": {"_target_": "dmsp.masks.random", "keep": 0.25},
    }
    operator = build(node, offered={"shape": (8, 10)})
    assert operator.latent_shape == (8, 10) and operator.coverage == pytest.approx(0.25)


def test_a_nested_target_outside_the_package_is_refused():
    node = {"_target_": "dmsp.operators.Mask", "mask": {"_target_": "os.getcwd"}}
    with pytest.raises(UserError, match="trust_config"):
        build(node)
    node["mask"] = {"_target_": "numpy.ones", "dtype": bool}
    assert np.all(build(node, trust=True, offered={"shape": (4, 4)}).measured)


def test_the_first_file_that_is_there_is_taken(tmp_path):
    there = tmp_path / "b"
    there.write_text("")
    config = OmegaConf.create({"at": str(tmp_path), "path": "${first_file:${.at}/a,${.at}/b}"})
    assert config.path == str(there)
    there.unlink()
    assert config.path == str(tmp_path / "a")
