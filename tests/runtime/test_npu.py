"""The NPU as a device, without one: the proof of compilation, the loop, loss scaling."""

import os

import pytest

from dmsp.errors import UserError
from dmsp.runtime.npu import PROOF, Ascend
from dmsp.tensorflow import tf


class Bridge:
    """Takes down what the plug-in is asked for."""

    ExponentialUpdateLossScaleManager = dict

    @staticmethod
    def NPULossScaleOptimizer(optimizer, manager):
        return optimizer, manager

    class util:
        @staticmethod
        def set_iteration_per_loop(session, op, count):
            return session, op, count


class Graph:
    advance = {1: "advance"}


def npu(required=True, **values):
    values = dict({"iterations_per_loop": 3, "precision_mode": "allow_mix_precision"}, **values)
    return Ascend("an NPU", Bridge, values, required)


def test_the_proof_is_found_and_passed_on(capfd):
    with npu().first_call():
        os.write(2, b"before\n" + PROOF + b" 11\n")
    assert PROOF.decode() + " 11" in capfd.readouterr().err


def test_without_the_proof_the_run_ends(capfd):
    with pytest.raises(UserError, match="was not compiled on the NPU") as error, npu().first_call():
        os.write(2, b"computing on the CPU\n")
    assert "\n" not in str(error.value)
    assert "computing on the CPU" in capfd.readouterr().err
    with npu(required=False).first_call():
        pass


def test_an_error_in_the_call_is_the_one_that_is_told(capfd):
    with pytest.raises(KeyError), npu().first_call():
        os.write(2, b"last words\n")
        raise KeyError
    assert "last words" in capfd.readouterr().err


def test_the_loop_is_the_plug_in_s():
    assert npu().several("session", Graph, 3) == ("session", "advance", 3)
    with pytest.raises(UserError, match="no multiple of device.iterations_per_loop=3: 1 would be"):
        npu().several("session", Graph, 1)


@pytest.mark.parametrize("mode, scaled", [("allow_mix_precision", True), ("force_fp32", False)])
def test_the_loss_is_scaled_in_half_precision(mode, scaled):
    adam = object()
    found = npu(precision_mode=mode).scaled(adam)
    assert (found is adam) is not scaled
    if scaled:
        assert found[1]["init_loss_scale"] == 2**32 and found[1]["decr_ratio"] == 0.5


@pytest.mark.parametrize("kind", ["host_session", "transforming_session"])
def test_a_host_session_keeps_off_the_npu(kind, monkeypatch):
    opened = {}
    monkeypatch.setattr(tf, "Session", lambda graph, config: opened.update(config=config))
    getattr(npu(), kind)(None)
    (entry,) = opened["config"].graph_options.rewrite_options.custom_optimizers
    assert entry.parameter_map["use_off_line"].b is False
    assert entry.parameter_map["use_off_line"].WhichOneof("value") == "b"
