"""The file format of weights: an npz of plain arrays with a JSON description.

The file holds one array for each parameter and ``metadata``, a JSON text with
``architecture`` (see :mod:`dmsp.denoisers.networks`), ``sigma`` (the noise level
of a network that knows only one, else null) and whatever the maker wished to
say. Nothing in it is pickled.
"""

import contextlib
import hashlib
import json
import os
import tempfile
import zipfile
import zlib
from typing import Any, Dict, NamedTuple

import numpy as np

from dmsp.errors import UserError


class Weights(NamedTuple):
    """What a weights file says.

    Attributes:
        architecture: description of the network.
        arrays: float32 arrays by parameter name.
        metadata: the other entries of the description, such as ``sigma``.
    """

    architecture: Dict[str, Any]
    arrays: Dict[str, np.ndarray]
    metadata: Dict[str, Any]

    @property
    def digest(self):
        """SHA-256 of architecture and arrays."""
        digest = hashlib.sha256(json.dumps(self.architecture, sort_keys=True).encode())
        for name in sorted(self.arrays):
            array = np.ascontiguousarray(self.arrays[name], np.float32)
            digest.update("{}{}".format(name, array.shape).encode())
            digest.update(array.tobytes())
        return digest.hexdigest()


def save(path, weights, dtype=np.float16):
    """Write weights to ``path`` at once or not at all; float16 halves the file."""
    description = dict(weights.metadata, architecture=weights.architecture)
    arrays = {name: np.asarray(value, dtype) for name, value in weights.arrays.items()}
    save_arrays(path, description, arrays)


def load(path):
    """Return the weights in an npz file of ours.

    Raises:
        UserError: the file is missing, damaged, or something else.
    """
    description, arrays = load_arrays(path)
    architecture = description.pop("architecture", None)
    if not isinstance(architecture, dict):
        raise UserError(
            "weights {}: no architecture inside; expected a file that task=train_denoiser or an "
            "importer wrote".format(path)
        )
    arrays = {name: np.asarray(value, np.float32) for name, value in arrays.items()}
    return Weights(architecture, arrays, description)


def save_arrays(path, description, arrays):
    """Write a JSON-able description and arrays to an npz file, replacing it atomically."""
    text = np.array(json.dumps(description, sort_keys=True))
    with replacing(path) as stream:
        np.savez(stream, metadata=text, **arrays)


def load_arrays(path):
    """Return the description and the arrays that :func:`save_arrays` wrote."""
    if not os.path.isfile(path):
        raise UserError("weights {}: no such file".format(path))
    try:
        with np.load(path, allow_pickle=False) as stored:
            arrays = {name: stored[name] for name in stored.files}
        return json.loads(str(arrays.pop("metadata"))), arrays
    except KeyError:
        raise UserError(
            "weights {}: expected an npz file of dmsp, found one without metadata, of {}".format(
                path, ", ".join(sorted(arrays)[:4]) or "nothing"
            )
        ) from None
    except (OSError, ValueError, EOFError, AttributeError, zipfile.BadZipFile, zlib.error) as error:
        raise UserError(
            "weights {}: expected an npz file of dmsp, found a damaged or different one "
            "({})".format(path, str(error).splitlines()[0] if str(error) else error)
        ) from error


@contextlib.contextmanager
def replacing(path):
    """Open a file beside ``path`` that takes its place when the block ends without an error."""
    path = os.path.abspath(path)
    os.makedirs(os.path.dirname(path), exist_ok=True)
    handle, temporary = tempfile.mkstemp(dir=os.path.dirname(path), suffix=".part")
    try:
        with os.fdopen(handle, "wb") as stream:
            yield stream
            stream.flush()
            os.fsync(stream.fileno())
        os.chmod(temporary, 0o644)
        os.replace(temporary, path)
    except BaseException:
        os.unlink(temporary)
        raise
