"""How busy the machine is while a run goes on: processor, memory, and the NPU or GPU."""

import os
import re
import shutil
import subprocess
import threading
import time

PREFIX = "system/"
SECONDS_TO_ANSWER = 10
# Names of npu-smi's usage table, and ours.
NPU_FIGURES = {
    "HBM Capacity(MB)": "device_memory_capacity_mb",
    "HBM Usage Rate(%)": "device_memory_percent",
    "Aicore Usage Rate(%)": "device_use_percent",
    "NPU Utilization(%)": "device_use_percent",
    "NPU Temperature (C)": "device_temperature_c",
    "Temperature (C)": "device_temperature_c",
    "Temperature(C)": "device_temperature_c",
}
GPU_QUERY = ("memory.used", "memory.total", "utilization.gpu", "temperature.gpu")


class Monitor:
    """Samples figures in a thread, for ``with``.

    Args:
        log: called with {name: number} and the whole seconds since the start.
        every: seconds between two samples; 0 takes none.
        readers: functions that return {name: number}; those of this machine if not given.
    """

    def __init__(self, log, every, readers=None):
        self._log = log
        self._every = every
        self._readers = readers
        self._stop = threading.Event()
        self._thread = None

    def __enter__(self):
        if self._every > 0:
            self._start = time.monotonic()
            self._thread = threading.Thread(target=self._work, daemon=True)
            self._thread.start()
        return self

    def __exit__(self, kind, error, traceback):
        if self._thread is not None:
            self._stop.set()
            self._thread.join(2 * SECONDS_TO_ANSWER)
        return False

    def _work(self):
        """Sample until the end, and once more there: a short run has a sample too."""
        # Here, because psutil counts the processor's time for each thread that asks.
        found = readers() if self._readers is None else self._readers
        last = False
        while not last:
            last = self._stop.wait(self._every)
            figures = {}
            for read in found:
                figures.update(read())
            if figures:
                named = {PREFIX + name: value for name, value in figures.items()}
                self._log(named, int(round(time.monotonic() - self._start)))


def readers():
    """Return the readers that this machine has: the host's, and the NPU's or else the GPU's."""
    found = [reader for reader in (host_reader(), npu_reader() or gpu_reader()) if reader]
    return found


def host_reader():
    """Return the reader of the process's share of the host, ``None`` without psutil."""
    try:
        import psutil
    except ImportError:
        return None
    process = psutil.Process()
    psutil.cpu_percent()  # the share since the last call, so the first has none

    def read():
        return {
            "cpu_percent": psutil.cpu_percent(),
            "memory_percent": psutil.virtual_memory().percent,
            "process_memory_mb": process.memory_info().rss / 2.0**20,
        }

    return read


def npu_reader():
    """Return the reader of the NPU that ``ASCEND_DEVICE_ID`` names, ``None`` without npu-smi."""
    if shutil.which("npu-smi") is None:
        return None
    places = npu_places(_output("npu-smi", "info", "-m"))
    place = places.get(int(os.environ.get("ASCEND_DEVICE_ID") or 0))
    if place is None:
        return None
    chip = ("-i", str(place[0]), "-c", str(place[1]))

    def read():
        tables = [_output("npu-smi", "info", "-t", kind, *chip) for kind in ("usages", "temp")]
        return npu_figures("\n".join(tables))

    return read


def gpu_reader():
    """Return the reader of the first GPU, ``None`` without nvidia-smi."""
    if shutil.which("nvidia-smi") is None:
        return None
    query = "--query-gpu=" + ",".join(GPU_QUERY)
    return lambda: gpu_figures(_output("nvidia-smi", query, "--format=csv,noheader,nounits"))


def npu_places(text):
    """Return {logic id: (NPU id, chip id)} of ``npu-smi info -m``, controllers left out."""
    rows = re.findall(r"^\s*(\d+)\s+(\d+)\s+(\d+)\s+\S", text, re.MULTILINE)
    return {int(logic): (int(npu), int(chip)) for npu, chip, logic in rows}


def npu_figures(text):
    """Return the figures of ``npu-smi info -t usages`` and ``-t temp``, by our names."""
    figures = {}
    for key, value in re.findall(r"^\s*(.+?)\s*:\s*([\d.]+)\s*$", text, re.MULTILINE):
        if key in NPU_FIGURES:
            figures[NPU_FIGURES[key]] = float(value)
    capacity = figures.pop("device_memory_capacity_mb", None)
    if capacity is not None and "device_memory_percent" in figures:
        figures["device_memory_mb"] = capacity * figures["device_memory_percent"] / 100.0
    return figures


def gpu_figures(text):
    """Return the figures of nvidia-smi's first row, by our names; what it lacks is left out."""
    lines = text.strip().splitlines()
    cells = [cell.strip() for cell in lines[0].split(",")] if lines else []
    known = {
        name: float(cell)
        for name, cell in zip(GPU_QUERY, cells)
        if re.match(r"^\d+(\.\d+)?$", cell)
    }
    figures = {
        "device_memory_mb": known.get("memory.used"),
        "device_use_percent": known.get("utilization.gpu"),
        "device_temperature_c": known.get("temperature.gpu"),
    }
    if known.get("memory.total") and "memory.used" in known:
        figures["device_memory_percent"] = 100 * known["memory.used"] / known["memory.total"]
    return {name: value for name, value in figures.items() if value is not None}


def _output(*command):
    """Return what a command prints, nothing where it fails."""
    try:
        done = subprocess.run(
            command,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            timeout=SECONDS_TO_ANSWER,
            check=True,
        )
    except (OSError, subprocess.SubprocessError):
        return ""
    return done.stdout.decode("utf-8", "replace")
