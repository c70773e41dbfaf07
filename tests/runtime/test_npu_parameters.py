"""The session parameters of an NPU: types, and what goes with what."""

import pathlib
import sys

import pytest
from hydra import compose, initialize_config_dir

from dmsp import runtime
from dmsp.config import CONF, build
from dmsp.errors import UserError
from dmsp.runtime import npu_parameters
from dmsp.tensorflow import TENSORFLOW_2

BASE = {"iterations_per_loop": 1, "precision_mode": "allow_mix_precision"}


def parameters(**values):
    config = npu_parameters.session_config(dict(BASE, **values))
    rewriting = config.graph_options.rewrite_options
    assert rewriting.remapping == rewriting.OFF and rewriting.memory_optimization == rewriting.OFF
    (entry,) = rewriting.custom_optimizers
    assert entry.name == "NpuOptimizer"
    return entry.parameter_map


def test_each_parameter_has_the_field_of_its_type(tmp_path):
    switches = tmp_path / "fusion.json"
    switches.write_text("{}")
    found = parameters(
        mix_compile_mode=True,
        session_device_id=3,
        fusion_switch_file=str(switches),
        enable_dump_debug=True,
        dump_path=str(tmp_path / "dump"),
        aoe_mode=2,
        hcom_parallel=None,
    )
    assert found["mix_compile_mode"].WhichOneof("value") == "b" and found["mix_compile_mode"].b
    assert found["iterations_per_loop"].WhichOneof("value") == "i"
    assert found["session_device_id"].i == 3
    assert found["precision_mode"].s == b"allow_mix_precision"
    assert found["fusion_switch_file"].s == str(switches).encode()
    assert found["aoe_mode"].s == b"2"
    assert "hcom_parallel" not in found
    assert (tmp_path / "dump").is_dir()


@pytest.mark.parametrize(
    "values, message",
    [
        ({"mix_compile_mode": 1}, "device.mix_compile_mode=1: give true or false"),
        ({"session_device_id": "0"}, "device.session_device_id=0: give a whole number from 0"),
        ({"graph_run_mode": 2}, "device.graph_run_mode=2: give a whole number from 0 to 1"),
        ({"graph_run_mode": True}, "device.graph_run_mode=true"),
        ({"precision_mode": "fp16"}, "device.precision_mode=fp16: give one of: allow_mix"),
        ({"fusion_switch": "x"}, "device.fusion_switch: no such key; did you mean 'fusion_switch_"),
        ({"fusion_switch_file": "nowhere"}, "device.fusion_switch_file=nowhere: give a file"),
        ({"mix_compile_mode": True, "iterations_per_loop": 2}, "iterations_per_loop=2: with mix"),
        ({"enable_dump": True}, "device.enable_dump: it needs a folder"),
        (
            {"enable_dump": True, "enable_dump_debug": True, "dump_path": "x"},
            "only one of them at a time",
        ),
        ({"profiling_mode": True}, "it needs device.profiling_options"),
        ({"optypelist_for_implmode": "Pow"}, "it needs device.op_select_implmode"),
    ],
)
def test_mistakes_take_a_line(values, message):
    with pytest.raises(UserError, match=message) as error:
        parameters(**values)
    assert "\n" not in str(error.value)


def test_a_mixlist_needs_a_mixed_mode(tmp_path):
    path = tmp_path / "list.json"
    path.write_text("{}")
    parameters(modify_mixlist=str(path))
    with pytest.raises(UserError, match="only precision=allow_mix_precision reads it"):
        parameters(modify_mixlist=str(path), precision_mode="force_fp16")


def test_the_config_offers_every_parameter():
    with initialize_config_dir(str(CONF), version_base="1.3"):
        config = compose("config", ["device=ascend", "precision=force_fp16"])
    keys = set(config.device) - {"_target_", "require_compilation"}
    assert keys == set(npu_parameters.PARAMETERS)
    assert config.device.precision_mode == "force_fp16"


def test_without_the_plug_in_a_line_says_what_to_install(monkeypatch):
    stand_in = str(pathlib.Path(__file__).resolve().parent.parent / "stand_in")
    monkeypatch.setattr(sys, "path", [entry for entry in sys.path if entry != stand_in])
    with initialize_config_dir(str(CONF), version_base="1.3"):
        config = compose("config", ["device=ascend"])
    expected = "it needs TensorFlow 1.15" if TENSORFLOW_2 else "npu_bridge is not installed; ins"
    with pytest.raises(UserError, match="device=ascend: " + expected):
        build(config.device)
    with pytest.raises(UserError, match="device.session_device_id=-1"):
        runtime.ascend(session_device_id=-1)
