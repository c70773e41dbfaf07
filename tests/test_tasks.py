"""Every task of conf/task, as the launcher would build its operator."""

import numpy as np
import pytest
from hydra import compose, initialize_config_dir
from PIL import Image

from dmsp import kernels, masks, operators, optimizers
from dmsp.config import CONF, build
from dmsp.errors import UserError
from dmsp.optimizers.serving import check_serves

SHAPE = (30, 34)
CASES = [
    ("task=deblur", operators.ValidBlur),
    ("task=deblur task.boundary=circular", operators.CircularBlur),
    ("task=deblur task.boundary=replicate", operators.ReplicateBlur),
    ("task=superres task.scale=3", operators.SubsampledBlur),
    ("task=superres task.boundary=circular", operators.CircularSubsampledBlur),
    ("task=superres_bicubic task.scale=4", operators.BicubicDownsampling),
    ("task=inpaint", operators.Mask),
    ("task=inpaint mask=text mask.size=12", operators.Mask),
    ("task=inpaint mask=stripes", operators.Mask),
    ("task=demosaic task.pattern=BGGR", operators.Mosaic),
    ("task=denoise", operators.Identity),
    ("task=deblur_blind", operators.ValidBlur),
]


def operator_of(overrides):
    with initialize_config_dir(str(CONF), version_base="1.3"):
        config = compose("config", overrides)
    offered = {
        "kernel": kernels.gaussian(1.6),
        "shape": SHAPE,
        "convolution": operators.FourierConvolution,
    }
    return build(config.task.operator, offered=offered)


@pytest.mark.parametrize("line, expected", CASES, ids=[line for line, _ in CASES])
def test_a_task_has_its_operator(line, expected):
    operator = operator_of(line.split())
    assert type(operator) is expected
    assert (operator.kernel is not None) == ("deblur" in line or "task=superres " in line)


def test_a_mask_of_your_own(tmp_path):
    mask = masks.random(SHAPE, keep=0.25)
    path = tmp_path / "holes.png"
    Image.fromarray(mask).save(str(path))
    operator = operator_of(["task=inpaint", "mask=file", "mask.path={}".format(path)])
    np.testing.assert_array_equal(operator.measured[:, :, 0], mask)


@pytest.mark.parametrize(
    "line, message",
    [
        ("task=deblur task.boundary=round", "task.boundary=round: no such choice"),
        ("task=superres task.boundary=replicate", "task.boundary=replicate: no such choice"),
        ("task=superres_bicubic task.scale=1", "task.scale=1: give a whole number from 2"),
        ("task=superres task.scale=two", "task.scale=two: give a whole number"),
        ("task=inpaint mask.keep=half", "mask.keep=half: give a number"),
        ("task=inpaint mask=file mask.path=nowhere.png", "mask.path=nowhere.png: no such file"),
        ("task=demosaic task.pattern=RGBG", "task.pattern=RGBG: .*did you mean 'RGGB'"),
    ],
)
def test_mistakes_take_a_line(line, message):
    with pytest.raises(UserError, match=message) as error:
        operator_of(line.split())
    assert "\n" not in str(error.value)


def test_an_optimizer_that_cannot_serve_an_operator_says_which_one_can():
    class OneWay(operators.Identity):
        adjoint = operators.Operator.adjoint

    check_serves(optimizers.Direct(), OneWay((4, 5)))
    check_serves(optimizers.Momentum(), operators.Identity((4, 5)))
    with pytest.raises(UserError, match="optimizer=momentum: .* OneWay .* only optimizer=direct"):
        check_serves(optimizers.Momentum(), OneWay((4, 5)))
