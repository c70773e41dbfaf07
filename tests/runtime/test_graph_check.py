"""The checker of graphs for an NPU: it finds what it has to, and nothing in ours."""

import json
import pathlib
import sys

import numpy as np
import pytest

from dmsp import denoisers, noise, optimizers, runtime
from dmsp.denoisers import networks
from dmsp.errors import UserError
from dmsp.graph import RestorationGraph
from dmsp.operators import FourierConvolution, SpatialConvolution, ValidBlur
from dmsp.restoration import Settings
from dmsp.runtime import graph_check
from dmsp.runtime.npu import Ascend
from dmsp.seeds import FedNoise
from dmsp.tensorflow import tf
from dmsp.training import graph as training_graph

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "operators"))
registry = pytest.importorskip("registry")

OPTIMIZERS = {
    "momentum": optimizers.Momentum,
    "nesterov": optimizers.Nesterov,
    "adam": optimizers.Adam,
    "hqs": optimizers.HalfQuadraticSplitting,
    "preconditioned": optimizers.PreconditionedGradient,
    "admm": optimizers.Admm,
    "red": optimizers.Red,
    "direct": optimizers.Direct,
}
# One of each class; an operator that blurs does it in space on an NPU.
OPERATORS = {
    name.split("-")[0]: name
    for name, (operator, *arguments) in registry.OPERATORS.items()
    if not any(part is FourierConvolution for part in arguments)
    and "1x1" not in name
    and name != "SubsampledBlur4"
}


def findings(build, **options):
    with tf.Graph().as_default() as graph:
        build()
    return graph_check.findings(graph.as_graph_def(add_shapes=True), **options)


def small_denoiser():
    """A U-Net of two levels, so that pictures have to be padded."""
    architecture = {"kind": "unet", "channels": [2, 2], "blocks": [1, 1]}
    layers = networks.network(architecture).layers
    arrays = {layer.name: np.ones(layer.shape, np.float32) for layer in layers}
    return denoisers.Denoiser("small", denoisers.storage.Weights(architecture, arrays, {}))


def restoration(operator, optimizer, told=noise.known, denoiser=None, smoothing=FedNoise):
    return RestorationGraph(
        operator,
        denoiser or small_denoiser(),
        optimizer,
        told(2.0),
        Settings(3, 11.0),
        2,
        True,
        smoothing,
    )


@pytest.mark.parametrize("name", sorted(OPERATORS))
def test_every_operator_fits_an_npu(name):
    built = registry.build(OPERATORS[name])
    assert findings(lambda: restoration(built, optimizers.Momentum())) == []
    assert findings(lambda: restoration(built, optimizers.HalfQuadraticSplitting())) == []


@pytest.mark.parametrize("name", sorted(OPTIMIZERS))
@pytest.mark.parametrize("told", [noise.known, noise.blind])
def test_every_optimizer_fits_an_npu(name, told):
    blur = ValidBlur(registry.kernel(3, 5), (24, 17), SpatialConvolution)
    assert findings(lambda: restoration(blur, OPTIMIZERS[name](), told)) == []


@pytest.mark.slow
@pytest.mark.parametrize("told", [noise.known, noise.blind])
@pytest.mark.parametrize("optimizer", sorted(OPTIMIZERS))
@pytest.mark.parametrize("operator", sorted(OPERATORS))
def test_every_pair_fits_an_npu(operator, optimizer, told):
    built = registry.build(OPERATORS[operator])
    assert findings(lambda: restoration(built, OPTIMIZERS[optimizer](), told)) == []


def test_the_tables_are_complete():
    classes = {type(registry.build(name)).__name__ for name in registry.OPERATORS}
    assert {type(registry.build(name)).__name__ for name in OPERATORS.values()} == classes


def test_the_table_has_every_optimizer():
    assert {cls.name for cls in OPTIMIZERS.values()} == set(OPTIMIZERS)
    assert {getattr(optimizers, name).name for name in optimizers.__all__} == set(OPTIMIZERS)


def test_a_training_fits_an_npu():
    class Npu:
        batch_noise = Ascend.batch_noise

        @staticmethod
        def scaled(optimizer):
            return optimizer

    net = networks.network({"kind": "unet", "channels": [2, 2], "blocks": [1, 1]})

    def build():
        values = training_graph.initial_values(net, 0)
        training_graph.Graph(net, (2, 12, 12, 3), tf.float32, 1.0, values, Npu)

    assert findings(build) == []


def test_a_fourier_blur_drawn_noise_and_tiles_do_not():
    blur = ValidBlur(registry.kernel(3, 5), (24, 17), FourierConvolution)
    kinds = {f.type for f in findings(lambda: restoration(blur, optimizers.Momentum()))}
    assert {"RFFT2D", "IRFFT2D"} <= kinds
    cpu = runtime.cpu().smoothing
    spatial = ValidBlur(registry.kernel(3, 5), (24, 17), SpatialConvolution)
    kinds = {
        f.type for f in findings(lambda: restoration(spatial, optimizers.Momentum(), smoothing=cpu))
    }
    assert any(kind.startswith("StatelessRandomNormal") for kind in kinds)
    tiled = small_denoiser()
    tiled.tile = 4
    big = ValidBlur(registry.kernel(3, 5), (96, 96), SpatialConvolution)
    found = findings(lambda: restoration(big, optimizers.Momentum(), denoiser=tiled))
    assert any(f.reason == "a loop" for f in found)


def numbers(dtype=tf.float32, shape=(2, 8, 8, 3)):
    return tf.placeholder(dtype, shape, "x")


OFFENCES = {
    "float64": (lambda: numbers(tf.float64) + 1, "type double"),
    "complex": (lambda: tf.complex(numbers(), numbers()), "type complex64"),
    "text": (lambda: tf.constant("a"), "type string"),
    "bfloat16": (lambda: tf.cast(numbers(), tf.bfloat16), "type bfloat16"),
    "python": (lambda: tf.py_func(np.sum, [numbers()], tf.float32), "no kernel"),
    "assertion": (lambda: tf.Assert(numbers(tf.bool, ()), [numbers()]), "no kernel"),
    "open shape": (lambda: tf.square(numbers(shape=(None, 8, 8, 3))), "shape is not fixed"),
    "loop": (lambda: tf.while_loop(lambda k: k < 3, lambda k: k + 1, [0]), "a loop"),
    "condition": (
        lambda: tf.cond(numbers(tf.bool, ()), lambda: numbers() + 1, lambda: numbers()),
        "a condition",
    ),
    "large picture": (
        lambda: tf.nn.conv2d(numbers(shape=(1, 4100, 4, 1)), np.ones((1, 1, 1, 1), "f"), 1, "SAME"),
        "more than 4096 rows",
    ),
    "large filter": (
        lambda: tf.nn.conv2d(
            numbers(shape=(1, 300, 4, 1)), np.ones((256, 1, 1, 1), "f"), 1, "VALID"
        ),
        "a filter of more than 255",
    ),
    "stride": (
        lambda: tf.nn.conv2d(numbers(shape=(1, 80, 80, 1)), np.ones((1, 1, 1, 1), "f"), 64, "SAME"),
        "a stride above 63",
    ),
}


@pytest.mark.parametrize("case", sorted(OFFENCES))
def test_offending_ops_are_named(case):
    build, reason = OFFENCES[case]
    found = findings(build)
    assert any(reason in finding.reason and finding.fatal for finding in found), found
    assert all(finding.name and finding.type for finding in found)


def test_functions_are_walked():
    from tensorflow.python.framework import function

    @function.Defun(tf.float32)
    def through_double(x):
        return tf.cast(tf.cast(x, tf.float64), tf.float32)

    found = findings(lambda: through_double(numbers(shape=(2,))))
    assert any(f.reason == "type double" and "/" in f.name for f in found)


def test_mixed_compilation_leaves_ops_to_the_host():
    build, _ = OFFENCES["loop"]
    assert findings(build, mixed=True) == []


def test_mirrors_are_slow():
    (finding,) = findings(lambda: tf.pad(numbers(), [[0, 0], [1, 1], [1, 1], [0, 0]], "SYMMETRIC"))
    assert not finding.fatal and "slow" in finding.reason


def test_the_platform_s_own_list_counts(tmp_path, monkeypatch):
    folder = tmp_path / "built-in" / "framework"
    folder.mkdir(parents=True)
    (folder / "npu_supported_ops.json").write_text(json.dumps({"AddV2": {}, "Add": {}}))
    assert graph_check.platform_ops() is None
    monkeypatch.setenv("ASCEND_OPP_PATH", str(tmp_path))
    assert graph_check.platform_ops() == {"Add", "AddV2"}
    found = findings(lambda: tf.square(numbers() + numbers()), supported=graph_check.platform_ops())
    assert [f.type for f in found] == ["Square"]


def test_all_are_told_in_a_line():
    with tf.Graph().as_default() as graph:
        for _ in range(8):
            numbers(tf.float64)
    with pytest.raises(UserError) as error:
        graph_check.require_runnable(graph)
    text = str(error.value)
    assert "cannot run 8 of" in text and "and 3 more" in text and "\n" not in text
    assert "x_1 (Placeholder): type double" in text
