"""System metrics: the parsers, on what the tools print, and the thread."""

import threading

import pytest

from dmsp import system_metrics

PLACES = """\
        NPU ID                         Chip ID                        Chip Logic ID                  Chip Name
        0                              0                              0                              Ascend 910A
        0                              1                              -                              Mcu
        4                              0                              1                              Ascend 910A
        4                              1                              -                              Mcu
"""  # noqa: E501
USAGES = """\
        NPU ID                         : 4
        Chip Count                     : 1

        DDR Capacity(MB)               : 15171
        DDR Usage Rate(%)              : 3
        HBM Capacity(MB)               : 32768
        HBM Usage Rate(%)              : 25
        Aicore Usage Rate(%)           : 87
        Aicpu Usage Rate(%)            : 0
        Chip ID                        : 0
"""
TEMPERATURE = """\
        NPU ID                         : 4
        NPU Temperature (C)            : 46
"""


def test_chips_are_found_by_their_logic_id():
    assert system_metrics.npu_places(PLACES) == {0: (0, 0), 1: (4, 0)}
    assert system_metrics.npu_places("") == {}


def test_an_npu_s_figures():
    figures = system_metrics.npu_figures(USAGES + TEMPERATURE)
    assert figures == {
        "device_memory_percent": 25.0,
        "device_memory_mb": 8192.0,
        "device_use_percent": 87.0,
        "device_temperature_c": 46.0,
    }
    assert system_metrics.npu_figures("dcmi module initialize failed. ret is -8005") == {}


def test_the_npu_of_the_environment_is_asked(monkeypatch):
    asked = []

    def output(*command):
        asked.append(command)
        return PLACES if "-m" in command else USAGES

    monkeypatch.setattr(system_metrics.shutil, "which", lambda name: "/usr/bin/" + name)
    monkeypatch.setattr(system_metrics, "_output", output)
    monkeypatch.setenv("ASCEND_DEVICE_ID", "1")
    assert system_metrics.npu_reader()()["device_use_percent"] == 87.0
    assert ("npu-smi", "info", "-t", "usages", "-i", "4", "-c", "0") in asked
    monkeypatch.setenv("ASCEND_DEVICE_ID", "7")
    assert system_metrics.npu_reader() is None


@pytest.mark.parametrize(
    "text, expected",
    [
        ("2048, 81920, 64, 41\n300, 81920, 0, 30\n", (2048.0, 2.5, 64.0, 41.0)),
        ("2048, 81920, [N/A], 41\n", (2048.0, 2.5, None, 41.0)),
        ("", (None, None, None, None)),
    ],
)
def test_a_gpu_s_figures(text, expected):
    figures = system_metrics.gpu_figures(text)
    names = ("memory_mb", "memory_percent", "use_percent", "temperature_c")
    assert tuple(figures.get("device_" + name) for name in names) == expected


def test_samples_are_taken_while_the_run_goes_on_and_at_its_end():
    logged, second = [], threading.Event()

    def log(figures, step):
        logged.append((figures, step))
        if len(logged) == 2:
            second.set()

    with system_metrics.Monitor(log, 0.01, [lambda: {"a": 1.0}, lambda: {"b": 2.0}]):
        assert second.wait(10)
    assert logged[0][0] == {"system/a": 1.0, "system/b": 2.0}
    count = len(logged)
    with system_metrics.Monitor(log, 60, [lambda: {"a": 1.0}]):
        pass
    assert len(logged) == count + 1
    with system_metrics.Monitor(log, 0, [lambda: {"a": 1.0}]):
        pass
    assert len(logged) == count + 1


def test_the_host_s_figures():
    pytest.importorskip("psutil")
    figures = system_metrics.host_reader()()
    assert figures["process_memory_mb"] > 1 and 0 < figures["memory_percent"] <= 100


def test_a_tool_that_fails_gives_nothing():
    assert system_metrics._output("no-such-tool-here") == ""
    assert system_metrics._output("false") == ""
