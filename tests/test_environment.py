"""The environment that an NPU's platform reads."""

import pytest

from dmsp import environment


@pytest.fixture
def variables(monkeypatch):
    """An environment of its own."""
    found = {"JOB_ID": "7", "TF_CPP_MIN_LOG_LEVEL": "3"}
    monkeypatch.setattr(environment.os, "environ", found)
    return found


def test_an_npu_finds_its_variables_and_the_log_is_on(variables):
    environment.prepare({"_target_": "dmsp.runtime.ascend", "session_device_id": 2})
    variables.pop("PYTEST_CURRENT_TEST", None)
    assert variables == {
        "ASCEND_DEVICE_ID": "2",
        "JOB_ID": "7",
        "RANK_ID": "0",
        "RANK_SIZE": "1",
        "TF_CPP_MIN_LOG_LEVEL": "0",
    }


def test_other_devices_leave_it_alone(variables):
    environment.prepare({"_target_": "dmsp.runtime.cpu"})
    assert variables["TF_CPP_MIN_LOG_LEVEL"] == "3" and "RANK_ID" not in variables
