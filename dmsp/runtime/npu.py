"""Ascend NPUs, by TensorFlow 1.15 and its plug-in npu_bridge."""

import contextlib
import importlib
import os
import sys
import tempfile

from dmsp import checks
from dmsp.errors import UserError
from dmsp.operators.convolution import SpatialConvolution
from dmsp.runtime import graph_check, npu_parameters
from dmsp.runtime.device import Device
from dmsp.runtime.precision import npu_mode
from dmsp.seeds import FedBatch, FedNoise
from dmsp.tensorflow import LOG_LEVEL, TENSORFLOW_2, tf

# What the plug-in logs when the NPU has a graph; without it plain TensorFlow computed on the CPU.
PROOF = b"The model has been compiled on the Ascend AI processor, current graph id is:"


class Ascend(Device):
    """An NPU.

    Args:
        description: what a reader of the results needs to know of the device.
        bridge: the module ``npu_bridge.npu_init``.
        values: {parameter: value} of a session.
        require_compilation: whether the proof of compilation is asked for.
    """

    # Its op for random numbers knows no keys, and runs on the slow helper cores.
    smoothing = FedNoise
    batch_noise = FedBatch

    def __init__(self, description, bridge, values, require_compilation):
        config = npu_parameters.session_config(values)
        loop = values["iterations_per_loop"]
        super().__init__("ascend", description, None, config, SpatialConvolution, loop)
        self.bridge = bridge
        self._values = values
        self._require_compilation = require_compilation

    def check(self, graph):
        """Raise a :class:`UserError` with the ops that the NPU cannot run."""
        graph_check.require_runnable(graph, bool(self._values.get("mix_compile_mode")))

    def host_session(self, graph):
        """Return a session on the host's CPU: the plug-in takes hold of every other one."""
        config = npu_parameters.session_config(dict(self._values, use_off_line=False))
        return tf.Session(graph=graph, config=config)

    transforming_session = host_session  # the NPU has no complex numbers

    def several(self, session, graph, calls):
        """Return the op that makes ``calls`` iterations on the NPU, in the plug-in's own loop."""
        if calls != self.iterations_per_call:
            raise UserError(
                "num_iter is no multiple of device.iterations_per_loop={}: {} would be left; "
                "change one of them".format(self.iterations_per_call, calls)
            )
        return self.bridge.util.set_iteration_per_loop(session, graph.advance[1], calls)

    def scaled(self, optimizer):
        """Return the optimizer; in float16 with the plug-in's loss scaling, which sees overflow."""
        if self._values["precision_mode"] not in ("allow_mix_precision", "force_fp16"):
            return optimizer
        manager = self.bridge.ExponentialUpdateLossScaleManager(
            init_loss_scale=2**32,
            incr_every_n_steps=1000,
            decr_every_n_nan_or_inf=2,
            decr_ratio=0.5,
        )
        return self.bridge.NPULossScaleOptimizer(optimizer, manager)

    @contextlib.contextmanager
    def first_call(self):
        """Watch over a call that compiles.

        Raises:
            UserError: the plug-in did not log that the NPU has the graph.
        """
        with _log() as log:
            yield
        if self._require_compilation and PROOF not in log():
            raise UserError(
                "device=ascend: the graph was not compiled on the NPU (the log lacks '{}'); check "
                "npu-smi info and the plug-in's set_env.sh; a plug-in older than r1.7 logs "
                "nothing, for it add device.require_compilation=false".format(PROOF.decode())
            )


def ascend(require_compilation=True, iterations_per_loop=1, precision_mode="fp32", **parameters):
    """Return the Ascend NPU.

    Args:
        require_compilation: end with an error where the plug-in does not log that
            the NPU has compiled the graph.
        iterations_per_loop: iterations that the NPU makes in one call.
        precision_mode: mode of the precision group.
        parameters: the plug-in's other session parameters,
            :data:`dmsp.runtime.npu_parameters.PARAMETERS`.

    Raises:
        UserError: npu_bridge or TensorFlow 1.15 is not there, or a parameter is wrong.
    """
    checks.number("device.iterations_per_loop", iterations_per_loop, 1, whole=True)
    values = dict(
        parameters, iterations_per_loop=iterations_per_loop, precision_mode=npu_mode(precision_mode)
    )
    npu_parameters.session_config(values)  # a mistake in them is told even without the plug-in
    bridge = _bridge()
    if require_compilation and LOG_LEVEL != "0":
        raise UserError(
            "device=ascend: TensorFlow was started with TF_CPP_MIN_LOG_LEVEL={}, which hides the "
            "proof of compilation; run it in a process of its own".format(LOG_LEVEL)
        )
    number = parameters.get("session_device_id")
    description = "Ascend NPU {}, npu_bridge, TensorFlow {}".format(
        os.environ.get("ASCEND_DEVICE_ID", 0) if number is None else number, tf.__version__
    )
    return Ascend(description, bridge, values, require_compilation)


def _bridge():
    """Import the plug-in, which has to be there before the first session is made."""
    if TENSORFLOW_2:
        raise UserError(
            "device=ascend: it needs TensorFlow 1.15, this is {}; use Python 3.7 with the Ascend "
            "host's TensorFlow, or device=cpu".format(tf.__version__)
        )
    try:
        return importlib.import_module("npu_bridge.npu_init")
    except ModuleNotFoundError as error:
        if str(error.name).split(".")[0] != "npu_bridge":
            raise UserError(
                "device=ascend: npu_bridge needs the module {}; install it".format(error.name)
            ) from error
        raise UserError(
            "device=ascend: npu_bridge is not installed; install CANN's toolkit and its TensorFlow "
            "plug-in (tfplugin) and source their set_env.sh, or use device=cpu"
        ) from error
    except (ImportError, OSError) as error:
        raise UserError(
            "device=ascend: npu_bridge cannot be loaded ({}); source the set_env.sh of CANN's "
            "toolkit and of its TensorFlow plug-in".format(" ".join(str(error).split()))
        ) from error


@contextlib.contextmanager
def _log():
    """Collect what native code writes to standard error, and pass it on at the end.

    Yields a function that returns it after the block. It goes through a file,
    so that a process that the plug-in ends leaves its last words there.
    """
    sys.stderr.flush()
    keep = os.dup(2)
    handle, path = tempfile.mkstemp(prefix="dmsp-npu-", suffix=".log")
    os.dup2(handle, 2)
    text = b""
    try:
        yield lambda: text
    finally:
        sys.stderr.flush()
        os.dup2(keep, 2)
        os.close(keep)
        os.close(handle)
        with open(path, "rb") as file:
            text = file.read()
        os.remove(path)
        os.write(2, text)
