"""Denoisers: networks, their weights, and importers of other projects' weights."""

import os

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
    name = os.path.splitext(os.path.basename(str(path)))[0]
    return Denoiser(name, storage.load(path))


def default(path=None):
    """Return the denoiser whose weights come with the package, or the one in ``path``."""
    return npz(path or BUNDLED)


__all__ = ["Denoiser", "default", "npz"]
