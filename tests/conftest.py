"""Fixtures for all tests."""

import os
import pathlib

import numpy as np
import pytest

ROOT = pathlib.Path(__file__).resolve().parent.parent


@pytest.hookimpl(tryfirst=True)  # before pytest chooses by markers
def pytest_collection_modifyitems(items):
    """Make tests slow that are so on TensorFlow 1.15 only."""
    from dmsp.tensorflow import TENSORFLOW_2

    for item in items:
        if not TENSORFLOW_2 and item.get_closest_marker("slow_on_tensorflow_1"):
            item.add_marker(pytest.mark.slow)


@pytest.fixture(scope="session")
def shared():
    """Folder of reference data; tests that need it are skipped where it is not there."""
    folder = pathlib.Path(os.environ.get("DMSP_SHARED", str(ROOT.parent / "shared")))
    if not (folder / "reference").is_dir():
        pytest.skip("no reference data: {} is not there (DMSP_SHARED names another)".format(folder))
    return folder


@pytest.fixture
def picture():
    """A colour picture (40, 48, 3) with edges and slopes, float32 grey levels."""
    rows, columns = np.mgrid[:40, :48].astype(np.float32)
    red = 255 * (rows > 20)
    green = 5 * columns
    blue = 128 + 100 * np.sin(rows / 4) * np.cos(columns / 5)
    return np.stack([red, green, blue], axis=2).astype(np.float32)


@pytest.fixture
def codes(monkeypatch):
    """The exit codes that jobs in this process end with."""
    from dmsp import cli

    monkeypatch.setenv("HYDRA_FULL_ERROR", "0")  # put back after the test
    found = []
    monkeypatch.setattr(cli, "_codes", found)
    return found
