"""The only room that knows devices: sessions, threads, precision."""

from dmsp.runtime.device import Device, auto, cpu, gpu
from dmsp.runtime.npu import ascend
from dmsp.runtime.precision import Precision, choose_precision
from dmsp.tensorflow import tf

TENSORFLOW_VERSION = tf.__version__

__all__ = [
    "TENSORFLOW_VERSION",
    "Device",
    "Precision",
    "ascend",
    "auto",
    "choose_precision",
    "cpu",
    "gpu",
]
