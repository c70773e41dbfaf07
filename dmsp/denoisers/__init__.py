"""Denoisers: networks, their weights, and importers of other projects' weights."""

import os

from dmsp.denoisers import matconvnet as _matconvnet
from dmsp.denoisers import storage
from dmsp.denoisers.base import Denoiser

BUNDLED = os.path.join(os.path.dirname(os.path.abspath(__file__)), "weights", "default.npz")


def npz(path):
    """Return the denoiser in an npz file of ours.

    Args:
        path: the file, as task=train_denoiser or an importer wrote it.

    Raises:
        UserError: no such file, or not one of ours.
    """
    return Denoiser(_stem(path), storage.load(path))


def default(path=None):
    """Return the denoiser whose weights come with the package, or the one in ``path``."""
    return npz(path or BUNDLED)


def matconvnet(path, sigma=None):
    """Return the denoiser in a MatConvNet file: the published DAE, FFDNet or DnCNN.

    Args:
        path: the .mat file, version 5 or 7.3.
        sigma: noise level it was trained for, if its name does not say.

    Raises:
        UserError: no such file, or no such network in it.
    """
    return Denoiser(_stem(path), _matconvnet.read(str(path), sigma))


def _stem(path):
    return os.path.splitext(os.path.basename(str(path)))[0]


__all__ = ["Denoiser", "default", "matconvnet", "npz"]
