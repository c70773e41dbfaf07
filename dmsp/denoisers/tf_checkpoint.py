"""Weights as a TensorFlow 1 checkpoint: a variable for each array, and one that describes them."""

import json
import os
import re

import numpy as np

from dmsp.denoisers.storage import Weights
from dmsp.errors import UserError
from dmsp.tensorflow import tf

DESCRIPTION = "dmsp_metadata"  # the JSON text's bytes, uint8


def save(path, weights, session=tf.Session):
    """Write weights as a checkpoint: the files ``path.index`` and ``path.data-00000-of-00001``.

    Args:
        path: the checkpoint's prefix, such as ``model.ckpt``.
        weights: :class:`dmsp.denoisers.storage.Weights`.
        session: function of a graph that opens a session on the host.
    """
    description = json.dumps(dict(weights.metadata, architecture=weights.architecture))
    arrays = {name: np.asarray(value, np.float32) for name, value in weights.arrays.items()}
    arrays[DESCRIPTION] = np.frombuffer(description.encode(), np.uint8)
    graph = tf.Graph()
    with graph.as_default(), tf.device("/cpu:0"):
        variables = {name: tf.Variable(value, trainable=False) for name, value in arrays.items()}
        saver = tf.train.Saver(variables)
        initialise = tf.global_variables_initializer()
    with session(graph=graph) as opened:
        opened.run(initialise)
        saver.save(opened, os.path.abspath(path), write_meta_graph=False, write_state=False)


def load(path):
    """Return the weights in a checkpoint of ours.

    Args:
        path: its prefix, or one of its files.

    Raises:
        UserError: there is none, it is damaged, or it is not one of ours.
    """
    prefix = re.sub(r"\.(index|meta|data-\d+-of-\d+)$", "", os.path.expanduser(str(path)))
    if not os.path.isfile(prefix + ".index"):
        raise UserError(
            "denoiser.path={}: no such checkpoint; name its prefix, such as model.ckpt, beside "
            "which model.ckpt.index lies".format(path)
        )
    try:
        reader = tf.train.NewCheckpointReader(prefix)
        names = sorted(reader.get_variable_to_shape_map())
        arrays = {name: reader.get_tensor(name) for name in names}
        description = bytes(arrays.pop(DESCRIPTION)).decode()
        metadata = json.loads(description)
        architecture = metadata.pop("architecture")
    except KeyError as error:
        raise UserError(
            "denoiser.path={}: not a checkpoint of a denoiser of dmsp; found {}".format(
                path, ", ".join(names[:4]) or "nothing"
            )
        ) from error
    except (tf.errors.OpError, RuntimeError, ValueError, TypeError) as error:
        raise UserError(
            "denoiser.path={}: a damaged checkpoint ({})".format(
                path, " ".join(str(error).split())[:200]
            )
        ) from error
    arrays = {name: np.asarray(value, np.float32) for name, value in arrays.items()}
    return Weights(architecture, arrays, metadata)
