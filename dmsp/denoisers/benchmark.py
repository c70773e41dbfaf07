"""Measure what an evaluation costs: operations, time in fp32 and mixed precision, memory."""

import argparse
import contextlib
import pathlib
import re
import statistics
import time
from typing import Dict, NamedTuple

import numpy as np

from dmsp import denoisers, markdown, memory, runtime
from dmsp.denoisers.base import Denoiser
from dmsp.denoisers.networks import network
from dmsp.denoisers.storage import Weights
from dmsp.errors import UserError
from dmsp.files import write_json
from dmsp.tensorflow import tf

# The network of the published DAE: 20 convolutions of 64 channels at full resolution.
PUBLISHED = {"kind": "chain", "channels": [64] * 19, "scale": 1.0}
COMPARED = 1.0  # megapixels up to which the published network is measured beside
MODES = ("fp32", "allow_mix_precision")
HEADER = ("network", "parameters", "MAC a pixel", "GMAC", "precision", "ms", "ms a megapixel")


class Cost(NamedTuple):
    """What an evaluation of a network costs.

    Attributes:
        name: of the network.
        parameters: how many.
        macs_per_pixel: multiply-accumulate operations for a pixel.
        seconds: {precision mode: median time of an evaluation}.
    """

    name: str
    parameters: int
    macs_per_pixel: float
    seconds: Dict[str, float]


def configure(parser):
    """Add the command's arguments."""
    parser.add_argument("files", nargs="*", help="weights of any format; none: the bundled ones")
    size = parser.add_mutually_exclusive_group()
    size.add_argument(
        "--size", type=_size, default=(321, 481), help="rows x columns of the picture: 321x481"
    )
    size.add_argument("--megapixels", type=float, help="instead: a picture of 2:3 of this size")
    parser.add_argument("--tile", type=int, help="side of the tiles, pixels; none: whole picture")
    parser.add_argument("--repeats", type=int, default=7, help="timed evaluations, after a first")
    parser.add_argument("--modes", nargs="+", choices=MODES, default=MODES, help="precision")
    parser.add_argument("--threads", type=int, help="of the CPU; all usable cores if not given")
    parser.add_argument("--json", metavar="FILE", help="write the figures into a file, too")


def run(arguments):
    """Measure and print the table."""
    size = (
        _of_megapixels(arguments.megapixels) if arguments.megapixels is not None else arguments.size
    )
    if arguments.repeats < 1:
        raise UserError("--repeats={}: give a whole number from 1".format(arguments.repeats))
    megapixels = size[0] * size[1] / 1e6
    measured = [_named(path, arguments.tile) for path in arguments.files or [denoisers.BUNDLED]]
    compared = megapixels <= COMPARED
    if compared:
        measured.append(published(arguments.tile))
    device = runtime.auto(threads=arguments.threads)
    print("{} x {} pixels, {:.2f} megapixels; {}".format(*size, megapixels, device.description))
    costs, notes = measure(measured, size, arguments.modes, arguments.repeats, device)
    for note in notes:
        print(note)
    print(table(costs, megapixels, costs[-1] if compared else None))
    peak = memory.peak()
    print("peak resident memory of this process: {:.2f} GB".format(peak / 1e9))
    if arguments.json:
        rows = [_record(cost, megapixels) for cost in costs]
        write_json(
            pathlib.Path(arguments.json),
            {"device": device.description, "size": size, "peak_bytes": peak, "rows": rows},
        )


def published(tile=None):
    """Return a network of the published DAE's shape; its weights are random."""
    rng, arrays = np.random.default_rng(0), {}
    for layer in network(PUBLISHED).layers:
        scale = np.sqrt(2.0 / np.prod(layer.shape[:3]))
        arrays[layer.name] = scale * rng.standard_normal(layer.shape)
        # Not zeros, which TensorFlow would take out: with it goes the fusion of ReLU.
        arrays[layer.name + ".bias"] = rng.standard_normal(layer.outputs)
    return Denoiser("published DAE's network", Weights(PUBLISHED, arrays, {"sigma": 11}), tile)


def measure(measured, size, modes, repeats, device):
    """Return the :class:`Cost` of each denoiser, and what is to be said of the precisions.

    Evaluations of all networks take turns, so that whatever else the machine does
    slows all of them alike.

    Args:
        measured: list of :class:`dmsp.denoisers.Denoiser`.
        size: rows and columns of the picture.
        modes: precision modes; one that is fp32 on this device is left out.
        repeats: timed evaluations; their median counts.
        device: :class:`dmsp.runtime.Device`.
    """
    precisions, notes = {}, []
    for mode in modes:
        precision = runtime.choose_precision(mode, device)
        if mode == "fp32" or precision.dtype != tf.float32:
            precisions[mode] = precision.dtype
        if mode != "fp32":
            notes.append(precision.description)
    x = np.random.default_rng(0).uniform(0.0, 255.0, (1, *size, 3)).astype(np.float32)
    times = {(index, mode): [] for index in range(len(measured)) for mode in precisions}
    with contextlib.ExitStack() as stack:
        evaluations = {
            (index, mode): stack.enter_context(
                evaluation(measured[index], x.shape, precisions[mode], device)
            )
            for index, mode in times
        }
        for repeat in range(repeats + 1):
            for key, evaluate in evaluations.items():
                start = time.perf_counter()
                evaluate(x)
                if repeat:  # the first one plans and compiles
                    times[key].append(time.perf_counter() - start)
    costs = [
        Cost(
            denoiser.name,
            sum(array.size for array in denoiser.arrays.values()),
            denoiser.macs_per_pixel,
            {mode: statistics.median(times[index, mode]) for mode in precisions},
        )
        for index, denoiser in enumerate(measured)
    ]
    return costs, notes


@contextlib.contextmanager
def evaluation(denoiser, shape, dtype, device):
    """Yield the function of a picture (1, H, W, 3) that evaluates a denoiser at σ = 25."""
    graph = tf.Graph()
    with graph.as_default(), tf.device(device.placement):
        x = tf.placeholder(tf.float32, shape)
        restored = denoiser(x, 25.0, dtype)
        device.check(graph)
    with device.session(graph) as session:
        yield lambda picture: session.run(restored, {x: picture})


def table(costs, megapixels, reference=None):
    """Return the table in Markdown.

    Args:
        costs: list of :class:`Cost`.
        megapixels: of the picture.
        reference: the :class:`Cost` that the others are compared with, if any.
    """
    ratios = reference is not None
    rows = []
    for cost in costs:
        for mode, seconds in cost.seconds.items():
            cells = (
                cost.name,
                "{:.2f} M".format(cost.parameters / 1e6),
                "{:.0f} k".format(cost.macs_per_pixel / 1e3),
                "{:.1f}".format(cost.macs_per_pixel * megapixels / 1e3),
                mode,
                "{:.0f}".format(1e3 * seconds),
                "{:.0f}".format(1e3 * seconds / megapixels),
            )
            ratio = ("{:.2f}".format(reference.seconds[mode] / seconds),) if ratios else ()
            rows.append(cells + ratio)
    return markdown.table(HEADER + ("published / this",) * ratios, rows)


def _record(cost, megapixels):
    return {
        "name": cost.name,
        "parameters": cost.parameters,
        "macs_per_pixel": cost.macs_per_pixel,
        "ms_per_megapixel": {m: 1e3 * s / megapixels for m, s in cost.seconds.items()},
    }


def _named(path, tile):
    """Return the denoiser in a file, called by the file's path."""
    denoiser = denoisers.file(path, tile=tile)
    if path != denoisers.BUNDLED:
        denoiser.name = str(path)
    return denoiser


def _size(text):
    """Return (rows, columns) of ``321x481``."""
    found = re.match(r"(\d+)x(\d+)$", text)
    if not found or "0" in found.groups():
        raise argparse.ArgumentTypeError("{}: give rows x columns, such as 321x481".format(text))
    return int(found.group(1)), int(found.group(2))


def _of_megapixels(megapixels):
    """Return the (rows, columns) of a picture of 2:3."""
    if not 0 < megapixels < 1e4:
        raise UserError("--megapixels={:g}: give a number above 0, such as 24".format(megapixels))
    rows = max(1, round((2e6 / 3 * megapixels) ** 0.5))
    return rows, max(1, round(1e6 * megapixels / rows))
