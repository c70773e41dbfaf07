"""The only room that knows devices: sessions, threads, precision."""

from dmsp.runtime.device import Device, auto, cpu, gpu
from dmsp.runtime.precision import Precision, choose_precision

__all__ = ["Device", "Precision", "auto", "choose_precision", "cpu", "gpu"]
