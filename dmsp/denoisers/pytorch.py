"""PyTorch's DnCNN, FFDNet and DRUNet, with the tensor names of KAIR and deepinv.

Sources: github.com/cszn/KAIR, models/network_dncnn.py, network_ffdnet.py,
network_unet.py; github.com/deepinv/deepinv, deepinv/models/dncnn.py, drunet.py.
"""

import re

import numpy as np

from dmsp.denoisers import canonical, checkpoints
from dmsp.denoisers.matconvnet import level_in
from dmsp.denoisers.storage import Weights
from dmsp.errors import UserError

BATCH_NORM_EPSILON = 1e-4  # KAIR's, models/basicblock.py
DILATED = 7  # layers of IRCNN, whose names are DnCNN's but whose convolutions are dilated


def read(path, sigma=None):
    """Return the weights in a checkpoint, ``.pth`` or ``.safetensors``.

    The tensors' names tell the network: ``m_head.weight`` is DRUNet's,
    ``in_conv.weight`` deepinv's DnCNN's, ``r(x) = x + f(x)``; ``model.0.weight``
    KAIR's, of which 3 to 3 channels are DnCNN, ``r(x) = x − f(x)``, 4 to 3 FDnCNN
    and 13 to 12 FFDNet, which give the picture itself. All work on pictures of
    0 to 1. Batch normalisation becomes part of the convolution before it.

    Args:
        path: the file.
        sigma: noise level that a DnCNN was trained for; taken from ``sigma…`` in
            the file's name if not given.

    Raises:
        UserError: the file is missing, damaged or another network's, or would
            run code on loading.
    """
    path = str(path)
    tensors = {
        name: array
        for name, array in checkpoints.read(path).items()
        if not name.endswith("num_batches_tracked")
    }
    if "m_head.weight" in tensors:
        return _drunet(path, tensors)
    if "in_conv.weight" in tensors:
        return _deepinv_dncnn(path, tensors, sigma)
    if "model.0.weight" in tensors:
        return _kair_chain(path, tensors, sigma)
    raise UserError(
        "weights {}: expected the tensors of DnCNN or FFDNet (model.0.weight or in_conv.weight) or "
        "of DRUNet (m_head.weight), found {}".format(path, ", ".join(sorted(tensors)[:3]))
    )


class _Taker:
    """Hands out the tensors of a network by their names there; at the end none may be left."""

    def __init__(self, path, network, tensors):
        self._path, self._network, self._left = path, network, dict(tensors)

    def take(self, name, axes, optional=False):
        """Return a tensor, float32, which must have so many axes; ``None`` if optional and absent.

        Raises:
            UserError: it is missing, or of another shape.
        """
        if optional and name not in self._left:
            return None
        array = self._left.pop(name, None)
        if array is None or array.ndim != axes:
            raise UserError(
                "weights {}: expected {} with its tensor {} of {} axes, found {}".format(
                    self._path,
                    self._network,
                    name,
                    axes,
                    "nothing" if array is None else "shape {}".format(array.shape),
                )
            )
        return np.asarray(array, np.float32)

    def convolution(self, name):
        """Return kernel [rows, columns, inputs, outputs] and bias, ``None`` if it has none."""
        kernel = self.take(name + ".weight", 4).transpose(2, 3, 1, 0)
        return kernel, self.take(name + ".bias", 1, optional=True)

    def finish(self):
        """Raise a UserError if a tensor is left."""
        if self._left:
            raise UserError(
                "weights {}: expected {}, found {} more tensors, first {}".format(
                    self._path, self._network, len(self._left), min(self._left)
                )
            )


def _deepinv_dncnn(path, tensors, sigma):
    taker = _Taker(path, "deepinv's DnCNN", tensors)
    inner = len({name.split(".")[1] for name in tensors if name.startswith("conv_list.")})
    names = ["in_conv", *("conv_list.{}".format(index) for index in range(inner)), "out_conv"]
    kernels, biases = zip(*(taker.convolution(name) for name in names))
    taker.finish()
    return canonical.chain(path, kernels, biases, 1, 255.0, _level(path, sigma))


def _kair_chain(path, tensors, sigma):
    taker = _Taker(path, "KAIR's DnCNN or FFDNet", tensors)
    last = max(int(name.split(".")[1]) for name in tensors if re.match(r"model\.\d+\.", name))
    kernels, biases, index = [], [], 0
    while index <= last:
        kernel, bias = taker.convolution("model.{}".format(index))
        following = "model.{}".format(index + 1)
        if following + ".running_mean" in tensors:
            kernel, bias = _normalised(taker, following, kernel, bias)
            index += 1
        kernels.append(kernel)
        biases.append(bias)
        index += 2
    taker.finish()
    ends = (kernels[0].shape[2], kernels[-1].shape[3])
    if ends == (3, 3):
        if len(kernels) == DILATED:
            raise UserError(
                "weights {}: expected KAIR's DnCNN, found 7 layers, which are IRCNN's "
                "dilated convolutions".format(path)
            )
        return canonical.chain(path, kernels, biases, -1, 255.0, _level(path, sigma))
    sub_pixel = _pixel_unshuffle if ends[1] == 12 else None
    return canonical.chain(path, kernels, biases, 0, 255.0, sub_pixel=sub_pixel)


def _normalised(taker, name, kernel, bias):
    """Return kernel and bias of a convolution followed by batch normalisation."""
    mean, variance = (taker.take(name + part, 1) for part in (".running_mean", ".running_var"))
    gain = taker.take(name + ".weight", 1) / np.sqrt(variance + BATCH_NORM_EPSILON)
    bias = 0.0 if bias is None else bias
    return kernel * gain, (bias - mean) * gain + taker.take(name + ".bias", 1)


def _pixel_unshuffle(row, column, channel):
    return 4 * channel + 2 * row + column


def _level(path, sigma):
    return level_in(path) if sigma is None else sigma


def _drunet(path, tensors):
    taker = _Taker(path, "DRUNet", tensors)
    levels = 1 + len({name.split(".")[0] for name in tensors if name.startswith("m_down")})
    blocks = len({name.split(".")[1] for name in tensors if name.startswith("m_body.")})
    arrays = {}

    def put(name, kernel, bias):
        arrays[name] = np.ascontiguousarray(kernel)
        if bias is not None:
            arrays[name + ".bias"] = bias

    def put_blocks(way, prefix, first):
        for block in range(blocks):
            for part, name in ((0, "first"), (2, "second")):
                there = "{}.{}.res.{}".format(prefix, first + block, part)
                put("{}.{}.{}".format(way, block, name), *taker.convolution(there))

    put("head", *taker.convolution("m_head"))
    for level in range(levels - 1):
        down, up = ("m_{}{}".format(way, level + 1) for way in ("down", "up"))
        put_blocks("down{}".format(level), down, 0)
        put("reduce{}".format(level), *_reduction(taker, "{}.{}".format(down, blocks)))
        put("expand{}".format(level), *_expansion(taker, up + ".0"))
        put_blocks("up{}".format(level), up, 1)
    put_blocks("down{}".format(levels - 1), "m_body", 0)
    put("tail", *taker.convolution("m_tail"))
    taker.finish()
    ends = (arrays["head"].shape[2], arrays["tail"].shape[3])
    if ends != (4, 3):
        canonical.refuse_channels(path, ends)
    channels = [arrays["down{}.0.first".format(level)].shape[3] for level in range(levels)]
    architecture = {"kind": "drunet", "channels": channels, "blocks": [blocks] * levels}
    return Weights(architecture, arrays, {"sigma": None})


def _reduction(taker, name):
    """Return a 2×2 convolution of stride 2 as a 1×1 one behind space-to-depth."""
    kernel, bias = taker.convolution(name)
    return kernel.reshape(1, 1, -1, kernel.shape[3]), bias


def _expansion(taker, name):
    """Return a transposed 2×2 convolution of stride 2 as a 1×1 one before depth-to-space."""
    kernel = taker.take(name + ".weight", 4)  # [inputs, outputs, rows, columns]
    bias = taker.take(name + ".bias", 1, optional=True)
    kernel = kernel.transpose(0, 2, 3, 1).reshape(1, 1, kernel.shape[0], -1)
    return kernel, None if bias is None else np.tile(bias, 4)
