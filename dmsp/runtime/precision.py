"""What a precision mode means on the device at hand."""

from typing import Any, NamedTuple

from dmsp.errors import UserError, nearest
from dmsp.runtime.device import processor_flags
from dmsp.tensorflow import TENSORFLOW_2, tf

# The modes of the Ascend platform under their names there, and fp32.
MODES = (
    "fp32",
    "allow_mix_precision",
    "allow_fp32_to_fp16",
    "force_fp16",
    "force_fp32",
    "must_keep_origin_dtype",
)
# Instructions that multiply bfloat16, by their flags in /proc/cpuinfo, the quickest first.
BFLOAT16_FLAGS = ("amx_bf16", "avx512_bf16", "bf16")


class Precision(NamedTuple):
    """Types that a restoration computes in; data term and metrics stay float32.

    Attributes:
        dtype: TensorFlow type of the network's convolutions.
        description: what was asked for and what is done.
        state_dtype: type that the iterate is rounded to after each iteration.
    """

    dtype: Any
    description: str
    state_dtype: Any = tf.float32


def npu_mode(mode):
    """Return the NPU's ``precision_mode`` for a mode.

    Raises:
        UserError: there is no such mode.
    """
    _check(mode)
    # The NPU's matrix unit takes float16 only; this is its default, which every version knows.
    return "allow_fp32_to_fp16" if mode == "fp32" else mode


def choose_precision(mode, device):
    """Return the nearest that the device has to a mode.

    Args:
        mode: on an NPU the platform's own mode does the work, on a graph in
            float32. Elsewhere ``fp32``, ``force_fp32`` and
            ``must_keep_origin_dtype`` are float32; ``allow_mix_precision`` is a
            network in bfloat16 on a CPU with instructions for it and on a GPU of
            compute capability 8 or later, in float16 on an older GPU, in float32
            elsewhere; ``allow_fp32_to_fp16`` is a network in float16, however
            slow; ``force_fp16`` is that with the iterate rounded to float16.
        device: :class:`dmsp.runtime.Device`.

    Raises:
        UserError: there is no such mode.
    """
    _check(mode)
    if device.kind == "ascend":
        done = "precision_mode={} of the NPU, whose convolutions are fp16".format(npu_mode(mode))
        return Precision(tf.float32, "{}: {}".format(mode, done))
    if mode == "fp32":
        return Precision(tf.float32, "fp32")
    if mode in ("force_fp32", "must_keep_origin_dtype"):
        return Precision(tf.float32, "{}: fp32, the type of the graph".format(mode))
    if mode == "allow_mix_precision":
        return _mixed(mode, device)
    if mode == "allow_fp32_to_fp16":
        return Precision(tf.float16, "{}: float16 network, fp32 iterate".format(mode))
    done = "float16 network, iterate rounded to float16, data term in fp32"
    return Precision(tf.float16, "{}: {}".format(mode, done), tf.float16)


def _check(mode):
    if mode not in MODES:
        raise UserError("precision.mode={}: no such mode{}".format(mode, nearest(mode, MODES)))


def _mixed(mode, device):
    half = _half_on_gpu() if device.kind == "gpu" else _half_on_cpu()
    if half is None:
        return Precision(
            tf.float32,
            "{}: fp32, as this {} has no quick 16-bit convolutions".format(mode, device.kind),
        )
    return Precision(half, "{}: {} network, fp32 iterate".format(mode, half.name))


def bfloat16_instructions():
    """Return the flag of the instructions that this CPU multiplies bfloat16 with, else None."""
    flags = processor_flags() if TENSORFLOW_2 else ()
    return next((flag for flag in BFLOAT16_FLAGS if flag in flags), None)


def _half_on_cpu():
    return tf.bfloat16 if bfloat16_instructions() else None


def _half_on_gpu():
    if not TENSORFLOW_2:
        return tf.float16
    details = tf.config.experimental.get_device_details(
        tf.config.experimental.list_physical_devices("GPU")[0]
    )
    return tf.bfloat16 if details.get("compute_capability", (0, 0)) >= (8, 0) else tf.float16
