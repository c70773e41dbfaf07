"""Devices and precision modes."""

import pytest

from dmsp import runtime
from dmsp.errors import UserError
from dmsp.operators import FourierConvolution, SpatialConvolution
from dmsp.runtime import device
from dmsp.tensorflow import TENSORFLOW_2, tf


def test_the_cpu_says_what_it_is():
    cpu = runtime.cpu(threads=3)
    assert cpu.kind == "cpu"
    assert "3 threads" in cpu.description
    assert tf.__version__ in cpu.description
    assert cpu.settings == {"threads": 3, "inter_op_threads": 1, "onednn": TENSORFLOW_2}
    assert cpu.session_config.intra_op_parallelism_threads == 3


@pytest.mark.parametrize("name", ["OMP_NUM_THREADS", "SLURM_CPUS_PER_TASK"])
def test_workers_share_the_cores(monkeypatch, name):
    monkeypatch.setattr(device.os, "sched_getaffinity", lambda process: set(range(8)))
    for share in device.SHARES:
        monkeypatch.delenv(share, raising=False)
    assert device.usable_cores() == 8
    for share, cores in [("3", 3), ("16", 8), ("0", 8), ("4,2", 8), ("", 8)]:
        monkeypatch.setenv(name, share)
        assert device.usable_cores() == cores


def test_the_cpu_takes_all_usable_cores():
    assert runtime.cpu().session_config.intra_op_parallelism_threads == device.usable_cores() >= 1


def test_the_quicker_convolution_is_chosen():
    assert runtime.cpu().convolution is (FourierConvolution if TENSORFLOW_2 else SpatialConvolution)
    assert runtime.cpu(convolution="spatial").convolution is SpatialConvolution
    with pytest.raises(UserError, match="device.convolution=fft"):
        runtime.cpu(convolution="fft")


def test_a_session_computes():
    with tf.Graph().as_default() as graph:
        total = tf.constant([1.0, 2.0]) + 1.0
        with runtime.cpu().session(graph) as session:
            assert list(session.run(total)) == [2.0, 3.0]


def test_without_a_gpu_auto_is_the_cpu_and_gpu_an_error(monkeypatch):
    monkeypatch.setattr(device, "_gpu_name", lambda index=0: None)
    assert runtime.auto(threads=1).kind == "cpu"
    with pytest.raises(UserError, match="device=gpu: .* sees no GPU 1"):
        runtime.gpu(index=1)


def test_with_a_gpu_auto_is_the_gpu(monkeypatch):
    monkeypatch.setattr(device, "_gpu_name", lambda index=0: "Test card")
    gpu = runtime.auto()
    assert (gpu.kind, gpu.placement, gpu.convolution) == ("gpu", "/gpu:0", FourierConvolution)
    assert "Test card" in gpu.description
