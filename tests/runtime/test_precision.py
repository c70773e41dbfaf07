"""Precision modes: what each is on a CPU, and that its effect is real."""

import numpy as np
import pytest

from dmsp import noise, runtime
from dmsp.errors import UserError
from dmsp.operators import Identity
from dmsp.optimizers import Momentum
from dmsp.restoration import Restoration, Settings
from dmsp.runtime import precision
from dmsp.tensorflow import TENSORFLOW_2, tf


def test_fp32_is_fp32():
    assert runtime.choose_precision("fp32", runtime.cpu()).dtype == tf.float32


@pytest.mark.parametrize("flags, found", [({"avx512_bf16"}, True), ({"avx2"}, False)])
def test_mixed_precision_is_what_the_cpu_has(flags, found, monkeypatch):
    monkeypatch.setattr(precision, "processor_flags", lambda: frozenset(flags))
    chosen = runtime.choose_precision("allow_mix_precision", runtime.cpu())
    expected = tf.bfloat16 if found and TENSORFLOW_2 else tf.float32
    assert chosen.dtype == expected
    assert expected.name.replace("float32", "fp32") in chosen.description


def test_of_two_bfloat16_instructions_the_quicker_are_named(monkeypatch):
    monkeypatch.setattr(precision, "processor_flags", lambda: {"avx512_bf16", "amx_bf16", "avx2"})
    assert precision.bfloat16_instructions() == ("amx_bf16" if TENSORFLOW_2 else None)


@pytest.mark.parametrize(
    "mode, network, state",
    [
        ("must_keep_origin_dtype", tf.float32, tf.float32),
        ("force_fp32", tf.float32, tf.float32),
        ("allow_fp32_to_fp16", tf.float16, tf.float32),
        ("force_fp16", tf.float16, tf.float16),
    ],
)
def test_the_modes_of_the_npu_have_a_nearest_one(mode, network, state):
    chosen = runtime.choose_precision(mode, runtime.cpu())
    assert (chosen.dtype, chosen.state_dtype) == (network, state)
    assert chosen.description.startswith(mode + ": ")
    assert ("float16" in chosen.description) == (network == tf.float16)


def test_an_unknown_mode_takes_a_line():
    with pytest.raises(UserError, match="precision.mode=fp16: no such mode"):
        runtime.choose_precision("fp16", runtime.cpu())


def test_force_fp16_rounds_what_is_computed(picture):
    """The denoiser gets the type, and every iterate is a float16 number."""
    asked = []

    def denoiser(x, sigma, dtype):
        asked.append(dtype)
        return 0.9 * x + 0.1

    shape = picture.shape[:2]
    restored = {}
    for mode in ("fp32", "force_fp16"):
        chosen = runtime.choose_precision(mode, runtime.cpu())
        settings = Settings(2, 11.0, chosen.dtype, chosen.state_dtype)
        work = Restoration(
            Identity(shape), denoiser, Momentum(), noise.known(5.0), runtime.cpu(), settings
        )
        key = np.array([1, 2], np.int32)
        (outcome,), _ = work.run([picture + 0.3], [picture], [key], [5.0])
        restored[mode] = outcome.restored
        work.close()
    assert set(asked) == {tf.float32, tf.float16}
    half = restored["force_fp16"]
    np.testing.assert_array_equal(half, half.astype(np.float16).astype(np.float32))
    assert np.abs(restored["fp32"] - half).max() < 0.2
    assert (restored["fp32"] != restored["fp32"].astype(np.float16)).any()
