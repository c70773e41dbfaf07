"""Devices and the TensorFlow sessions that run on them."""

import contextlib
import os
import platform

from dmsp import checks
from dmsp.errors import UserError
from dmsp.operators.convolution import FourierConvolution, SpatialConvolution
from dmsp.seeds import DrawnBatch, DrawnNoise
from dmsp.tensorflow import TENSORFLOW_2, tf

SHARES = ("OMP_NUM_THREADS", "SLURM_CPUS_PER_TASK")


class Device:
    """Where a run computes.

    Args:
        kind: ``cpu``, ``gpu`` or ``ascend``.
        description: what a reader of the results needs to know of the device.
        placement: TensorFlow's name of the device, ``None`` where it is not placed by name.
        session_config: ``tf.ConfigProto`` of every session.
        convolution: class that computes blurs there.
        iterations_per_call: iterations that run between two looks at the result.
    """

    smoothing = DrawnNoise  # where the prior's noise comes from
    batch_noise = DrawnBatch  # and that of a training

    def __init__(
        self, kind, description, placement, session_config, convolution, iterations_per_call=1
    ):
        self.kind = kind
        self.description = description
        self.placement = placement
        self.session_config = session_config
        self.convolution = convolution
        self.iterations_per_call = iterations_per_call

    @property
    def settings(self):
        """Threads of one operation, operations at a time (0: as TensorFlow chooses), oneDNN."""
        return {
            "threads": self.session_config.intra_op_parallelism_threads,
            "inter_op_threads": self.session_config.inter_op_parallelism_threads,
            "onednn": bool(_onednn()),
        }

    def check(self, graph):
        """Raise a :class:`UserError` where the graph holds what the device cannot run."""

    def session(self, graph):
        """Return a session on this device."""
        return tf.Session(graph=graph, config=self.session_config)

    def transforming_session(self, graph):
        """Return a session for a graph of Fourier transforms, on this device where it has them."""
        return self.session(graph)

    def host_session(self, graph):
        """Return a session on the host's CPU, for what is no computation."""
        config = tf.ConfigProto(device_count={"GPU": 0}, allow_soft_placement=True)
        return tf.Session(graph=graph, config=config)

    def several(self, session, graph, calls):
        """Return the op that makes several iterations of a restoration in one call.

        Args:
            session: of this device.
            graph: :class:`dmsp.graph.RestorationGraph`, not yet finalised.
            calls: how many.
        """
        del session
        return graph.several(calls)

    def scaled(self, optimizer):
        """Return a ``tf.train`` optimizer with the scaling of the loss that the precision needs."""
        return optimizer

    @contextlib.contextmanager
    def first_call(self):
        """Watch over a call that compiles; raises a :class:`UserError` where it did not."""
        yield


def auto(**options):
    """Return the GPU where TensorFlow sees one, else the CPU; options as in :func:`gpu`."""
    return gpu(**options) if _gpu_name() else cpu(**options)


def cpu(threads=None, convolution=None, iterations_per_call=1, **unused):
    """Return the CPU.

    Args:
        threads: threads of one operation; all usable cores if not given.
        convolution: ``fourier`` or ``spatial``; the quicker one if not given.
        iterations_per_call: iterations between two looks at the result.
    """
    del unused
    if threads is not None:
        checks.number("device.threads", threads, 1, whole=True)
    checks.number("device.iterations_per_call", iterations_per_call, 1, whole=True)
    threads = threads or usable_cores()
    # One operation at a time: the network is a chain, and two operations would share the cores.
    config = tf.ConfigProto(
        intra_op_parallelism_threads=threads,
        inter_op_parallelism_threads=1,
        device_count={"GPU": 0},
        allow_soft_placement=True,
    )
    description = "CPU, {} thread{}, {}, TensorFlow {}{}".format(
        threads, "" if threads == 1 else "s", processor(), tf.__version__, _onednn()
    )
    # TensorFlow 1.15 transforms on one slow thread; its convolutions are quicker.
    default = FourierConvolution if TENSORFLOW_2 else SpatialConvolution
    chosen = _convolution(convolution, default)
    return Device("cpu", description, "/cpu:0", config, chosen, iterations_per_call)


def gpu(index=0, memory_growth=True, threads=None, convolution=None, iterations_per_call=1):
    """Return a GPU.

    Args:
        index: which one, counted from 0 among those that TensorFlow sees.
        memory_growth: take memory as needed instead of all at the start.
        threads: unused; accepted so that every device takes the same options.
        convolution: ``fourier`` or ``spatial``; ``fourier`` if not given.
        iterations_per_call: iterations between two looks at the result.

    Raises:
        UserError: TensorFlow sees no such GPU.
    """
    del threads
    checks.number("device.index", index, 0, whole=True)
    checks.number("device.iterations_per_call", iterations_per_call, 1, whole=True)
    name = _gpu_name(index)
    if name is None:
        raise UserError(
            "device=gpu: TensorFlow {} sees no GPU {}; check the driver with nvidia-smi, "
            "install the 'gpu' extra, or use device=cpu".format(tf.__version__, index)
        )
    config = tf.ConfigProto(allow_soft_placement=True)
    config.gpu_options.allow_growth = memory_growth
    description = "GPU {}, {}, TensorFlow {}".format(index, name, tf.__version__)
    return Device(
        "gpu",
        description,
        "/gpu:{}".format(index),
        config,
        _convolution(convolution, FourierConvolution),
        iterations_per_call,
    )


def usable_cores():
    """Return the number of cores that this process may use.

    What divides them among processes says so in ``OMP_NUM_THREADS`` (joblib, Ray) or
    ``SLURM_CPUS_PER_TASK``.
    """
    if hasattr(os, "sched_getaffinity"):
        cores = len(os.sched_getaffinity(0))
    else:
        cores = os.cpu_count() or 1
    shares = (os.environ.get(name, "") for name in SHARES)
    return min([cores] + [int(share) for share in shares if share.isdigit() and int(share)])


def processor():
    """Return the model name of the CPU."""
    return _cpuinfo("model name") or platform.processor() or platform.machine()


def processor_flags():
    """Return the instruction-set flags of the CPU, empty where they cannot be read."""
    return frozenset((_cpuinfo("flags") or "").split())


def _cpuinfo(key):
    try:
        with open("/proc/cpuinfo") as lines:
            return next((s.split(":", 1)[1].strip() for s in lines if s.startswith(key)), None)
    except OSError:
        return None


def _onednn():
    enabled = TENSORFLOW_2 and os.environ["TF_ENABLE_ONEDNN_OPTS"] != "0"
    return " with oneDNN" if enabled else ""


def _convolution(name, default):
    choices = {"fourier": FourierConvolution, "spatial": SpatialConvolution, None: default}
    if name not in choices:
        raise UserError(
            "device.convolution={}: give fourier, spatial, or null for the quicker one".format(name)
        )
    return choices[name]


def _gpu_name(index=0):
    """Return the name of a GPU that TensorFlow can use, ``None`` where there is none."""
    if TENSORFLOW_2:
        gpus = tf.config.experimental.list_physical_devices("GPU")
        if index >= len(gpus):
            return None
        return tf.config.experimental.get_device_details(gpus[index]).get("device_name", "GPU")
    from tensorflow.python.client import device_lib

    gpus = [d for d in device_lib.list_local_devices() if d.device_type == "GPU"]
    return gpus[index].physical_device_desc if index < len(gpus) else None
