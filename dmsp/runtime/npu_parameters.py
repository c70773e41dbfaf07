"""The session parameters of Ascend's TensorFlow plug-in: names, types, and what goes with what.

The plug-in reads each parameter from one field of a protocol buffer (``b``,
``i`` or ``s``) and takes another field for unset, and some versions end the
process at a bad value: so everything is checked here first.

Source: tf_adapter/util/npu_attrs.cc of Ascend's plug-in for TensorFlow 1.15.
"""

import os
import pathlib
from typing import Any, Callable, NamedTuple

from dmsp.checks import shown, writing
from dmsp.errors import UserError, nearest
from dmsp.tensorflow import tf

OPTIMIZER = "NpuOptimizer"


class Parameter(NamedTuple):
    """A parameter: the field it is written to, what it may be, and the hint for who errs."""

    field: str
    accepts: Callable[[Any], bool]
    hint: str


def _flag():
    return Parameter("b", lambda value: isinstance(value, bool), "true or false")


def _whole(low, high=None):
    def accepts(value):
        whole = isinstance(value, int) and not isinstance(value, bool)
        return whole and low <= value and (high is None or value <= high)

    upper = "" if high is None else " to {}".format(high)
    return Parameter("i", accepts, "a whole number from {}{}".format(low, upper))


def _choice(*choices):
    return Parameter("s", lambda value: str(value) in choices, "one of: " + ", ".join(choices))


def _text(hint):
    return Parameter("s", lambda value: str(value).strip() != "", hint)


def _file():
    return Parameter("s", lambda value: os.path.isfile(str(value)), "a file that exists")


def _folder():
    return Parameter("s", lambda value: str(value).strip() != "", "a folder")


PARAMETERS = {
    "use_off_line": _flag(),
    "mix_compile_mode": _flag(),
    "iterations_per_loop": _whole(1),
    "enable_data_pre_proc": _flag(),
    "graph_run_mode": _whole(0, 1),
    "session_device_id": _whole(0),
    "precision_mode": _choice(
        "allow_mix_precision",
        "allow_fp32_to_fp16",
        "force_fp16",
        "force_fp32",
        "must_keep_origin_dtype",
    ),
    "modify_mixlist": _file(),
    "op_select_implmode": _choice(
        "high_precision",
        "high_performance",
        "high_precision_for_all",
        "high_performance_for_all",
    ),
    "optypelist_for_implmode": _text("op types, separated by commas"),
    "op_precision_mode": _file(),
    "fusion_switch_file": _file(),
    "enable_dump": _flag(),
    "dump_step": _text('steps such as "0|5" or "3-5"'),
    "dump_mode": _choice("input", "output", "all"),
    "enable_dump_debug": _flag(),
    "dump_debug_mode": _choice("aicore_overflow", "atomic_overflow", "all"),
    "dump_path": _folder(),
    "profiling_mode": _flag(),
    "profiling_options": _text("JSON text"),
    "auto_tune_mode": _text('"RL", "GA" or "RL,GA"'),
    "aoe_mode": _choice("1", "2", "4", "mdat"),
    "work_path": _folder(),
    "hcom_parallel": _flag(),
    "graph_memory_max_size": _text("a number of bytes"),
    "variable_memory_max_size": _text("a number of bytes"),
    "op_compiler_cache_mode": _choice("enable", "disable", "force"),
    "op_compiler_cache_dir": _folder(),
    "debug_dir": _folder(),
    "op_debug_level": _whole(0, 4),
    "enable_exception_dump": _whole(0, 2),
}
FOLDERS = ("dump_path", "work_path", "op_compiler_cache_dir", "debug_dir")


def session_config(values):
    """Return the ``tf.ConfigProto`` that gives a session to the NPU.

    Args:
        values: {parameter: value}; ``None`` leaves the platform's default.

    Raises:
        UserError: a parameter does not exist, is of the wrong type, or does not
            go with another.
    """
    values = {name: value for name, value in values.items() if value is not None}
    for name, value in values.items():
        if name not in PARAMETERS:
            raise UserError("device.{}: no such key{}".format(name, nearest(name, PARAMETERS)))
        if not PARAMETERS[name].accepts(value):
            raise UserError(
                "device.{}={}: give {}".format(name, shown(value), PARAMETERS[name].hint)
            )
    _check_together(values)
    for name in FOLDERS:
        if name in values:
            with writing("device." + name):
                pathlib.Path(str(values[name])).mkdir(parents=True, exist_ok=True)
    config = tf.ConfigProto(allow_soft_placement=True)
    rewriting = config.graph_options.rewrite_options
    # The plug-in's own passes replace these two, which would undo them.
    rewriting.remapping = rewriting.OFF
    rewriting.memory_optimization = rewriting.OFF
    entry = rewriting.custom_optimizers.add()
    entry.name = OPTIMIZER
    for name, value in values.items():
        field = PARAMETERS[name].field
        value = tf.compat.as_bytes(str(value)) if field == "s" else value
        setattr(entry.parameter_map[name], field, value)
    return config


def _check_together(values):
    """Raise a :class:`UserError` where parameters contradict each other or one lacks another."""
    dumps = [name for name in ("enable_dump", "enable_dump_debug") if values.get(name)]
    rules = (
        (
            values.get("mix_compile_mode") and values.get("iterations_per_loop", 1) > 1,
            "device.iterations_per_loop={}: with mix_compile_mode=true it must be 1".format(
                values.get("iterations_per_loop")
            ),
        ),
        (
            "modify_mixlist" in values and values.get("precision_mode") != "allow_mix_precision",
            "device.modify_mixlist: only precision=allow_mix_precision reads it; add that",
        ),
        (
            "optypelist_for_implmode" in values and "op_select_implmode" not in values,
            "device.optypelist_for_implmode: it needs device.op_select_implmode; add that",
        ),
        (
            len(dumps) == 2,
            "device.enable_dump and device.enable_dump_debug: only one of them at a time",
        ),
        (
            dumps and "dump_path" not in values,
            "device.{}: it needs a folder, device.dump_path=…".format("".join(dumps[:1])),
        ),
        (
            values.get("profiling_mode") and "profiling_options" not in values,
            "device.profiling_mode: it needs device.profiling_options, "
            'such as \'{"output": "profiles", "task_trace": "on"}\'',
        ),
    )
    for broken, message in rules:
        if broken:
            raise UserError(message)
