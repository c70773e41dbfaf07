"""What a device's platform reads from the environment when TensorFlow is first imported."""

import os

# One process on one NPU; a launch script or scheduler that sets them is left alone.
SINGLE_NPU = {"RANK_ID": "0", "RANK_SIZE": "1", "JOB_ID": "10087", "ASCEND_DEVICE_ID": "0"}


def prepare(device):
    """Set the environment for a device, a config node; to be called before TensorFlow is imported.

    The NPU's plug-in proves in TensorFlow's log that it compiled a graph, so the log is on for it.
    """
    if device.get("_target_") != "dmsp.runtime.ascend":
        return
    os.environ["TF_CPP_MIN_LOG_LEVEL"] = "0"
    if device.get("session_device_id") is not None:
        os.environ["ASCEND_DEVICE_ID"] = str(device["session_device_id"])
    for name, value in SINGLE_NPU.items():
        os.environ.setdefault(name, value)
