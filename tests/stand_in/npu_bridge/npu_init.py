"""What ``from npu_bridge.npu_init import *`` gives, as far as it is used.

Environment: ``NPU_STAND_IN_RECORD`` names a file that gets a line of JSON for
each session and each graph; ``NPU_STAND_IN_FAILS`` keeps graphs off the NPU.
"""

import json
import os
import sys

import tensorflow.compat.v1 as tf

from npu_bridge import loss_scale
from npu_bridge.loss_scale import (
    ExponentialUpdateLossScaleManager,
    FixedLossScaleManager,
    NPULossScaleOptimizer,
)

__all__ = [
    "ExponentialUpdateLossScaleManager",
    "FixedLossScaleManager",
    "NPULossScaleOptimizer",
    "loss_scale",
    "util",
]

FLAGS = (
    "use_off_line mix_compile_mode enable_data_pre_proc enable_dump enable_dump_debug "
    "profiling_mode hcom_parallel"
)
NUMBERS = (
    "iterations_per_loop graph_run_mode session_device_id op_debug_level enable_exception_dump"
)
TEXTS = (
    "precision_mode modify_mixlist op_select_implmode optypelist_for_implmode op_precision_mode "
    "fusion_switch_file dump_step dump_mode dump_debug_mode dump_path profiling_options "
    "auto_tune_mode aoe_mode work_path graph_memory_max_size variable_memory_max_size "
    "op_compiler_cache_mode op_compiler_cache_dir debug_dir"
)
FIELDS = dict(
    [(name, "b") for name in FLAGS.split()]
    + [(name, "i") for name in NUMBERS.split()]
    + [(name, "s") for name in TEXTS.split()]
)
PRECISION_MODES = (
    b"allow_fp32_to_fp16",
    b"force_fp16",
    b"force_fp32",
    b"must_keep_origin_dtype",
    b"allow_mix_precision",
)
FORBIDDEN = ("FFT2D", "RFFT2D", "IRFFT2D", "PyFunc", "StringJoin", "StatelessRandomNormal")
NUMBERS_OF_FORBIDDEN_TYPES = (2, 7, 8, 18, 21)  # double, string, complex64, complex128, variant
PROOF = (
    "2022-08-04 21:41:51.738760: I tf_adapter/kernels/geop_npu.cc:805] The model has been "
    "compiled on the Ascend AI processor, current graph id is: {}\n"
)


def _record(**facts):
    path = os.environ.get("NPU_STAND_IN_RECORD")
    if path:
        with open(path, "a") as file:
            file.write(json.dumps(facts) + "\n")


def check_config(config):
    """Raise where the plug-in would not take a session's configuration; return its parameters."""
    if config is None:
        raise ValueError("a session without a configuration: it would compute on the host")
    rewriting = config.graph_options.rewrite_options
    if rewriting.remapping != rewriting.OFF or rewriting.memory_optimization != rewriting.OFF:
        raise ValueError("remapping and memory_optimization have to be off")
    entries = [e for e in rewriting.custom_optimizers if e.name == "NpuOptimizer"]
    if len(entries) != 1:
        raise ValueError("{} entries of NpuOptimizer".format(len(entries)))
    found = {}
    for name, value in entries[0].parameter_map.items():
        if name not in FIELDS:
            raise ValueError("no such parameter: {}".format(name))
        field = value.WhichOneof("value")
        if field != FIELDS[name]:
            raise TypeError("{}: expected {}, found {}".format(name, FIELDS[name], field))
        found[name] = getattr(value, field)
    if found.get("precision_mode") not in PRECISION_MODES:
        raise ValueError("precision_mode={}".format(found.get("precision_mode")))
    if (found.get("enable_dump") or found.get("enable_dump_debug")) and not os.path.isdir(
        found.get("dump_path", b"")
    ):
        raise ValueError("dump_path is no folder")
    if found.get("profiling_mode"):
        json.loads(found["profiling_options"].decode())
    return found


class Session(tf.Session):
    """TensorFlow's session, as the plug-in changes it."""

    def __init__(self, target="", graph=None, config=None):
        self._parameters = check_config(config)
        self._compiled = set()
        shown = {
            name: value.decode() if isinstance(value, bytes) else value
            for name, value in self._parameters.items()
        }
        _record(session=shown)
        super().__init__(target, graph, config)

    def run(self, fetches, feed_dict=None, options=None, run_metadata=None):
        """Run as TensorFlow does, an IterationOp as often as the loop says."""
        key = (str(fetches), str(sorted(str(k) for k in feed_dict or {})))
        if key not in self._compiled:
            self._compiled.add(key)
            self._compile(key)
        times = 1
        if getattr(fetches, "name", "").split("_")[0] == "IterationOp":
            times = self._parameters["iterations_per_loop"]
            if times != getattr(self.graph, "iterations_loaded", None):
                raise ValueError("the loop's length differs from iterations_per_loop")
        for _ in range(times):
            result = super().run(fetches, feed_dict, options, run_metadata)
        return result

    def _compile(self, key):
        if not self._parameters.get("use_off_line", True):
            return
        for node in self.graph.as_graph_def().node:
            types = [value.type for value in node.attr.values()]
            if node.op in FORBIDDEN or any(t in NUMBERS_OF_FORBIDDEN_TYPES for t in types):
                raise ValueError("the NPU cannot run {} ({})".format(node.name, node.op))
        level = os.environ.get("TF_CPP_MIN_LOG_LEVEL")
        if level == "0" and not os.environ.get("NPU_STAND_IN_FAILS"):
            sys.stderr.flush()
            os.write(2, PROOF.format(10 * len(self._compiled) + 1).encode())
        _record(graph=key[0])


class util:
    """``npu_bridge.estimator.npu.util``."""

    @staticmethod
    def set_iteration_per_loop(sess, train_op, iterations_per_loop=1):
        """Return the op that the NPU runs several times in one call."""
        if not isinstance(train_op, tf.Operation):
            raise ValueError("train_op is no operation")
        if iterations_per_loop == 1:
            return train_op
        sess.graph.iterations_loaded = iterations_per_loop
        return tf.group(train_op, name="IterationOp")


if "npu_stand_in" not in vars(tf):
    tf.npu_stand_in = True
    tf.Session = Session
