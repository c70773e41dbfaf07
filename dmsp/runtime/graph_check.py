"""Whether an Ascend NPU can run a graph.

What is checked follows from what the platform documents: fixed shapes, no
float64, complex or string values, no ops of the host, no dynamic control flow,
and the limits of its convolution.
"""

import glob
import json
import os
import re
from typing import NamedTuple

from dmsp.errors import UserError
from dmsp.tensorflow import DATA_TYPES

SHOWN = 5  # findings in a message
TYPES = {
    "DT_HALF",
    "DT_FLOAT",
    "DT_INT8",
    "DT_INT16",
    "DT_INT32",
    "DT_INT64",
    "DT_UINT8",
    "DT_UINT16",
    "DT_UINT32",
    "DT_UINT64",
    "DT_BOOL",
    "DT_RESOURCE",
}
LOOPS = re.compile("^(Ref)?(Enter|Exit|NextIteration)$|^LoopCond$|^(Stateless)?While$|^TensorArray")
CONDITIONS = re.compile("^(Ref)?(Switch|Merge)$|^(Stateless)?(If|Case)$")
HOST = re.compile(
    "FFT|^(EagerPyFunc|PyFunc|PyFuncStateless|Assert|Print|PrintV2|StringFormat)$|String|Queue|"
    "^(Stateful|Stateless)Random|^(Read|Write)File$|Summary$|^(Save|Restore)(V2)?$"
)
# Helpers of gradients: of fixed shapes the compiler makes constants.
FOLDED = {"BroadcastGradientArgs"}
SLOW = re.compile("^(MirrorPad|RandomStandardNormal|RandomUniform|TruncatedNormal)$")
CONV_SIDE, CONV_FILTER, CONV_STRIDE = 4096, 255, 63
# The platform's own optimizer for loss scaling applies the gradients or does not.
SCALED_UPDATE = "npu_loss_scale"


class Finding(NamedTuple):
    """An op that an NPU cannot run, or only slowly.

    Attributes:
        name, type: of the op.
        reason: what is wrong with it.
        fatal: whether it cannot run at all.
    """

    name: str
    type: str
    reason: str
    fatal: bool = True

    def __str__(self):
        return "{} ({}): {}".format(self.name, self.type, self.reason)


def findings(graph_def, mixed=False, supported=None):
    """Return what an NPU cannot run of a graph, in the order of its nodes.

    Args:
        graph_def: ``tf.GraphDef``, with the shapes in it
            (``as_graph_def(add_shapes=True)``); its functions are checked too.
        mixed: whether the host runs what the NPU cannot (``mix_compile_mode``).
        supported: op types of the platform's own list, ``None`` without one.

    Returns:
        list of :class:`Finding`.
    """
    nodes = [(node.name, node) for node in graph_def.node]
    for function in graph_def.library.function:
        prefix = function.signature.name + "/"
        nodes.extend((prefix + node.name, node) for node in function.node_def)
    constants = {node.name: node for node in graph_def.node if node.op == "Const"}
    found = []
    for name, node in nodes:
        for reason in _reasons(node, mixed, supported, constants):
            found.append(Finding(name, node.op, reason))
        if SLOW.search(node.op):
            reason = "the NPU has it on its helper cores only, which is slow"
            found.append(Finding(name, node.op, reason, fatal=False))
    return found


def require_runnable(graph, mixed=False):
    """Check a graph before a session gets it.

    Raises:
        UserError: it holds ops that an NPU cannot run; they are listed.
    """
    graph_def = graph.as_graph_def(add_shapes=True)
    fatal = [finding for finding in findings(graph_def, mixed, platform_ops()) if finding.fatal]
    if fatal:
        more = "" if len(fatal) <= SHOWN else ", and {} more".format(len(fatal) - SHOWN)
        raise UserError(
            "device=ascend: an NPU cannot run {} of the graph's ops: {}{}; choose another "
            "operator, optimizer or denoiser.tile, or device.mix_compile_mode=true".format(
                len(fatal), "; ".join(str(finding) for finding in fatal[:SHOWN]), more
            )
        )


def platform_ops():
    """Return the op types on the list of the platform installed here, ``None`` without one."""
    root = os.environ.get("ASCEND_OPP_PATH")
    pattern = os.path.join(root or "", "**", "npu_supported_ops.json")
    supported = set()
    for path in glob.glob(pattern, recursive=True) if root else ():
        with open(path, encoding="utf-8") as file:
            supported.update(json.load(file))
    return supported or None


# Taken over by TensorFlow or by the plug-in itself, and on no list of kernels.
STRUCTURE = {
    *("Const", "Identity", "NoOp", "Placeholder", "VarHandleOp", "ReadVariableOp"),
    *("AssignVariableOp", "AssignAddVariableOp", "AssignSubVariableOp", "VarIsInitializedOp"),
}


def _reasons(node, mixed, supported, constants):
    types = sorted({text for text in _types(node) if text not in TYPES})
    if types:
        yield "type {}".format(", ".join(text[3:].lower() for text in types))
    if not mixed:
        if LOOPS.search(node.op):
            yield "a loop"
        if CONDITIONS.search(node.op) and SCALED_UPDATE not in node.name:
            yield "a condition"
        if HOST.search(node.op):
            yield "the NPU has no kernel for it"
        elif supported and node.op not in supported and node.op not in STRUCTURE:
            yield "not on the platform's list of ops"
    shapes = node.attr["_output_shapes"].list.shape
    if node.op not in FOLDED and any(dynamic(shape) for shape in shapes):
        yield "its shape is not fixed"
    if node.op == "Conv2D":
        yield from _convolution(node, constants)


def dynamic(shape):
    """Whether a ``TensorShapeProto`` leaves something open."""
    return shape.unknown_rank or any(dim.size < 0 for dim in shape.dim)


def _types(node):
    for key, value in node.attr.items():
        if key.startswith("_"):
            continue
        for number in [value.type] * bool(value.type) + list(value.list.type):
            # References to variables of a type have its number plus 100.
            yield DATA_TYPES.Name(number % 100)


def _convolution(node, constants):
    """Yield the limits of the platform's convolution that a Conv2D breaks."""
    shape = node.attr["_output_shapes"].list.shape
    sides = [dim.size for dim in shape[0].dim][1:3] if shape else []
    if any(side > CONV_SIDE for side in sides):
        yield "more than {} rows or columns".format(CONV_SIDE)
    if any(stride > CONV_STRIDE for stride in node.attr["strides"].list.i):
        yield "a stride above {}".format(CONV_STRIDE)
    kernel = constants.get(node.input[1]) if len(node.input) > 1 else None
    if kernel is not None:
        size = [dim.size for dim in kernel.attr["value"].tensor.tensor_shape.dim][:2]
        if any(side > CONV_FILTER for side in size):
            yield "a filter of more than {} rows or columns".format(CONV_FILTER)
