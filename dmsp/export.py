"""The graph of a restoration as files that TensorFlow 1.15 runs without dmsp.

``python -m dmsp.export`` takes the overrides of ``run.py`` and writes, for the
first picture's shape and ``batch_size``, a frozen graph, a SavedModel, a
description of both, and the denoiser as a checkpoint.
"""

import importlib
import json
import os
import pathlib
import sys

import hydra
from hydra.core.hydra_config import HydraConfig

from dmsp import cli
from dmsp.checks import writing
from dmsp.config import check
from dmsp.errors import UserError

FROZEN, SAVED_MODEL, DESCRIPTION, CHECKPOINT = (
    "restoration.pb",
    "saved_model",
    "restoration.json",
    "model.ckpt",
)


def run(config):
    """Export what a configuration describes into the run's folder; return the description.

    Raises:
        UserError: a part cannot be built, or the graph holds what an NPU cannot run.
    """
    check(config)
    if config.task.job != "restore":
        raise UserError("task={}: only a restoration can be exported".format(config.task.name))
    if "kernel_blind" in config.task:
        raise UserError(
            "task={}: the kernel is estimated outside the graph; export task=deblur with the "
            "kernel that was found".format(config.task.name)
        )
    importlib.import_module("dmsp.tensorflow")
    from dmsp.experiment import Experiment
    from dmsp.operators import SpatialConvolution

    config.device = {"_target_": "dmsp.runtime.cpu"}  # the graph is the same for every device
    experiment = Experiment(config)
    if not experiment.batches:
        raise UserError("data.path: no picture that could be read, and so no shape to export for")
    operator = experiment.operator_for(experiment.batches[0][0].shape, SpatialConvolution)
    folder = pathlib.Path(HydraConfig.get().runtime.output_dir).resolve()
    with writing("outputs"):
        folder.mkdir(parents=True, exist_ok=True)
        description = write(
            folder,
            operator,
            experiment.denoiser,
            experiment.optimizer,
            experiment.noise,
            float(config.sigma_dae),
            config.batch_size,
            experiment.precision.dtype,
        )
        description["num_iter"] = config.num_iter
        (folder / DESCRIPTION).write_text(json.dumps(description, indent=2) + "\n")
    print("exported to {}; {} describes its inputs and outputs".format(folder, DESCRIPTION))
    return description


def write(folder, operator, denoiser, optimizer, noise, sigma_dae, batch_size, dtype):
    """Write a restoration's files into a folder and return what describes them.

    The graph has no state. ``start`` gives the optimizer's first state from the
    observation; ``step`` the next one from the last, the iteration's number
    counted from 0, and unit white noise where the optimizer uses any;
    ``restored`` is the picture over the field of view.

    Raises:
        UserError: the graph holds what an NPU cannot run.
    """
    from dmsp.denoisers import tf_checkpoint
    from dmsp.runtime import graph_check
    from dmsp.tensorflow import tf

    graph = tf.Graph()
    with graph.as_default():
        start, step = _signatures(
            operator, denoiser, optimizer, noise, sigma_dae, batch_size, dtype
        )
    found = graph_check.findings(graph.as_graph_def(add_shapes=True))
    fatal = [str(finding) for finding in found if finding.fatal]
    if fatal:
        raise UserError(
            "this restoration cannot be exported, {} of its ops have no fixed form: {}; choose "
            "another operator or precision, or no denoiser.tile".format(len(fatal), fatal[0])
        )
    (folder / FROZEN).write_bytes(_plain(graph).SerializeToString())
    signatures = {"start": _signature(start), "step": _signature(step)}
    _save_model(str(folder / SAVED_MODEL), graph, signatures)
    tf_checkpoint.save(str(folder / CHECKPOINT), denoiser.weights)
    described = {name: _described(parts) for name, parts in (("start", start), ("step", step))}
    return dict(described, sigma_dae=sigma_dae, denoiser=denoiser.name, optimizer=optimizer.name)


def _signatures(operator, denoiser, optimizer, noise, sigma_dae, batch_size, dtype):
    """Build the graph; return (inputs, outputs) by name for the start and for a step."""
    from dmsp.objective import Problem, told
    from dmsp.tensorflow import tf

    observed = (batch_size, *operator.observed_shape, operator.observed_channels)
    latent = (batch_size, *operator.latent_shape, 3)
    inputs = {"observation": tf.placeholder(tf.float32, observed, "observation")}
    if noise.level_for(operator) is not None:
        inputs["sigma"] = tf.placeholder(tf.float32, (batch_size, 1, 1, 1), "sigma")
    level = told(noise, operator, inputs.get("sigma"))
    drawn = {}

    def draw(k):
        if "noise" not in drawn:
            drawn["noise"] = tf.placeholder(tf.float32, latent, "noise")
        return drawn["noise"]

    def denoise(x, sigma):
        return denoiser(x, sigma, dtype)

    problem = Problem(operator, inputs["observation"], denoise, sigma_dae, level, draw)
    first = optimizer.init(problem, operator.initial(problem.observation))
    start = {name: tf.identity(v, "start/" + name) for name, v in first._asdict().items()}
    state = {
        name: tf.placeholder(tf.float32, value.shape, "state/" + name)
        for name, value in start.items()
    }
    iteration = tf.placeholder(tf.int32, (), "iteration")
    moved = optimizer.step(problem, type(first)(**state), iteration)._asdict()
    following = {name: tf.identity(value, "step/" + name) for name, value in moved.items()}
    (top, bottom), (left, right) = operator.margin
    height, width = operator.latent_shape
    restored = following["x"][:, top : height - bottom, left : width - right]
    following["restored"] = tf.identity(restored, "step/restored")
    return (inputs, start), (dict(inputs, iteration=iteration, **drawn, **state), following)


def _save_model(target, graph, signatures):
    from dmsp.runtime import cpu
    from dmsp.tensorflow import tf

    if os.path.exists(target):
        raise UserError("{}: exists; export into another folder".format(target))
    with cpu().session(graph) as session:
        builder = tf.saved_model.Builder(target)
        builder.add_meta_graph_and_variables(
            session, [tf.saved_model.SERVING], signatures, strip_default_attrs=True
        )
        builder.save()


def _signature(parts):
    from dmsp.tensorflow import tf

    return tf.saved_model.signature_def_utils.build_signature_def(
        *(
            {name: tf.saved_model.build_tensor_info(t) for name, t in part.items()}
            for part in parts
        ),
        method_name="tensorflow/serving/predict",
    )


def _described(parts):
    return {
        kind: {
            name: {"tensor": t.name, "shape": t.shape.as_list(), "type": t.dtype.name}
            for name, t in part.items()
        }
        for kind, part in zip(("inputs", "outputs"), parts)
    }


def _plain(graph):
    """Return the GraphDef without what later TensorFlows added, so that 1.15 reads it."""
    from tensorflow.python.framework import meta_graph

    from dmsp.tensorflow import tf

    described = tf.MetaGraphDef()
    described.graph_def.CopyFrom(graph.as_graph_def())
    ops = meta_graph.stripped_op_list_for_graph(described.graph_def)
    described.meta_info_def.stripped_op_list.MergeFrom(ops)
    meta_graph.strip_graph_default_valued_attrs(described)
    return described.graph_def


@hydra.main(version_base="1.3", config_path="../conf", config_name="config")
def main(config):
    """Export the restoration that the composed configuration describes."""
    return cli.attempt(config, run)


if __name__ == "__main__":
    sys.exit(cli.guard(main))
