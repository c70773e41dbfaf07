"""Small networks for the tests of denoisers."""

import numpy as np
import pytest

from dmsp.denoisers import networks
from dmsp.denoisers.storage import Weights

UNET = {"kind": "unet", "channels": [8, 12], "blocks": [1, 1]}


def random_weights(architecture, seed=0, bias=False, metadata=None):
    """Return weights of an architecture with values that make every layer count."""
    rng = np.random.RandomState(seed)
    arrays = {}
    for layer in networks.network(architecture).layers:
        scale = np.sqrt(2.0 / np.prod(layer.shape[:3]))
        arrays[layer.name] = (rng.standard_normal(layer.shape) * scale).astype(np.float32)
        if bias:
            arrays[layer.name + ".bias"] = rng.standard_normal(layer.outputs).astype(np.float32)
    return Weights(dict(architecture), arrays, metadata or {})


@pytest.fixture
def unet():
    return random_weights(UNET)
