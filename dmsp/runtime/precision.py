"""What a precision mode means on the device at hand."""

from typing import Any, NamedTuple

from dmsp.errors import UserError, nearest
from dmsp.runtime.device import processor_flags
from dmsp.tensorflow import TENSORFLOW_2, tf

MODES = ("fp32", "allow_mix_precision")


class Precision(NamedTuple):
    """Type that the network computes in; iterate, data term and metrics stay float32.

    Attributes:
        dtype: TensorFlow type of the network's convolutions.
        description: what was asked for and what is done.
    """

    dtype: Any
    description: str


def choose_precision(mode, device):
    """Return the precision that the device has for a mode.

    Args:
        mode: ``fp32``, or ``allow_mix_precision``: bfloat16 on a CPU with
            instructions for it and on a GPU of compute capability 8 or later,
            float16 on an older GPU, float32 elsewhere.
        device: :class:`dmsp.runtime.Device`.

    Raises:
        UserError: there is no such mode.
    """
    if mode not in MODES:
        raise UserError("precision.mode={}: no such mode{}".format(mode, nearest(mode, MODES)))
    if mode == "fp32":
        return Precision(tf.float32, "fp32")
    half = _half_on_gpu() if device.kind == "gpu" else _half_on_cpu()
    if half is None:
        return Precision(
            tf.float32,
            "{}: fp32, as this {} has no quick 16-bit convolutions".format(mode, device.kind),
        )
    return Precision(half, "{}: {} network, fp32 iterate".format(mode, half.name))


def _half_on_cpu():
    has_bfloat16 = processor_flags() & {"avx512_bf16", "amx_bf16", "bf16"}
    return tf.bfloat16 if TENSORFLOW_2 and has_bfloat16 else None


def _half_on_gpu():
    if not TENSORFLOW_2:
        return tf.float16
    details = tf.config.experimental.get_device_details(
        tf.config.experimental.list_physical_devices("GPU")[0]
    )
    return tf.bfloat16 if details.get("compute_capability", (0, 0)) >= (8, 0) else tf.float16
