"""Denoisers: networks, their weights, and importers of other projects' weights.

Every function here takes ``tile``, the side of the tiles in which larger
pictures are computed, with the same result in bounded memory, and ``ensemble``,
the number of orientations of which the mean is taken; see :class:`Denoiser`.
"""

import os

from dmsp.denoisers import matconvnet as _matconvnet
from dmsp.denoisers import pytorch as _pytorch
from dmsp.denoisers import storage, tf_checkpoint
from dmsp.denoisers.base import Denoiser
from dmsp.errors import UserError

BUNDLED = os.path.join(os.path.dirname(os.path.abspath(__file__)), "weights", "default.npz")


def npz(path, tile=None, ensemble=1):
    """Return the denoiser in an npz file of ours.

    Args:
        path: the file, as task=train_denoiser or an importer wrote it.

    Raises:
        UserError: no such file, or not one of ours.
    """
    return Denoiser(_stem(path), storage.load(path), tile, ensemble)


def default(path=None, tile=None, ensemble=1):
    """Return the denoiser whose weights come with the package, or the one in a :func:`file`."""
    return file(path or BUNDLED, tile=tile, ensemble=ensemble)


def matconvnet(path, sigma=None, tile=None, ensemble=1):
    """Return the denoiser in a MatConvNet file: the published DAE, FFDNet or DnCNN.

    Args:
        path: the .mat file, version 5 or 7.3.
        sigma: noise level it was trained for, if its name does not say.

    Raises:
        UserError: no such file, or no such network in it.
    """
    return Denoiser(_stem(path), _matconvnet.read(str(path), sigma), tile, ensemble)


def pytorch(path, sigma=None, tile=None, ensemble=1):
    """Return the denoiser in a PyTorch checkpoint: DnCNN, FFDNet or DRUNet of KAIR or deepinv.

    Args:
        path: the .pth, .pt or .safetensors file; nothing in it is run.
        sigma: noise level a DnCNN was trained for, if its name does not say.

    Raises:
        UserError: no such file, no such network in it, or it would run code.
    """
    return Denoiser(_stem(path), _pytorch.read(path, sigma), tile, ensemble)


def checkpoint(path, tile=None, ensemble=1):
    """Return the denoiser in a TensorFlow 1 checkpoint of ours.

    Args:
        path: its prefix, such as ``model.ckpt``.

    Raises:
        UserError: no such checkpoint, or not one of ours.
    """
    return Denoiser(_stem(path), tf_checkpoint.load(path), tile, ensemble)


def file(path, sigma=None, tile=None, ensemble=1):
    """Return the denoiser in a file of any of the formats above, told by its suffix.

    Args:
        path: .npz, .mat, .pth, .pt, .safetensors, or a TensorFlow checkpoint's prefix.
        sigma: noise level that a network of one level was trained for, if its name does not say.

    Raises:
        UserError: no such file or format, or what its reader says.
    """
    suffix = os.path.splitext(str(path))[1].lower()
    if suffix == ".mat":
        return matconvnet(path, sigma, tile, ensemble)
    if suffix in (".pth", ".pt", ".safetensors"):
        return pytorch(path, sigma, tile, ensemble)
    if suffix == ".npz":
        return npz(path, tile, ensemble)
    if suffix in (".ckpt", ".index", ".meta") or os.path.exists(str(path) + ".index"):
        return checkpoint(path, tile, ensemble)
    raise UserError(
        "{}: expected a .npz, .mat, .pth, .pt or .safetensors file or the prefix of a TensorFlow "
        "checkpoint, found {}".format(path, suffix or "no suffix")
    )


def _stem(path):
    return os.path.splitext(os.path.basename(str(path)))[0]


__all__ = ["Denoiser", "checkpoint", "default", "file", "matconvnet", "npz", "pytorch"]
