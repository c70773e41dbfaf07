"""The bundled network as a PyTorch module, with the same weights and the same result."""

import json

import numpy as np
import torch
from torch.nn import functional


def load(path, dtype=torch.float32):
    """Return the U-Net in an npz file of :mod:`dmsp.denoisers.storage`, to denoise with.

    Args:
        path: the file.
        dtype: type that the network computes in.
    """
    architecture, arrays = stored(path)
    if architecture.pop("kind") != "unet":
        raise ValueError("{}: only a unet is known here".format(path))
    network = UNet(**architecture)
    network.set_arrays(arrays)
    network = network.to(dtype).eval().requires_grad_(False)
    return network.to(memory_format=torch.channels_last)


def stored(path):
    """Return the architecture and the arrays in such a file."""
    with np.load(str(path), allow_pickle=False) as file:
        arrays = {name: file[name] for name in file.files}
    return json.loads(str(arrays.pop("metadata")))["architecture"], arrays


class UNet(torch.nn.Module):
    """:class:`dmsp.denoisers.unet.UNet` on pictures (N, 3, H, W) and levels, both from 0 to 1.

    Features lie in memory as in TensorFlow, channels last, which is PyTorch's quicker layout too.
    """

    def __init__(self, channels, blocks, unshuffle=2):
        super().__init__()
        self.blocks, self.unshuffle = blocks, unshuffle
        self.multiple = unshuffle * 2 ** (len(channels) - 1)
        self.convolutions = torch.nn.ModuleDict()
        cells = unshuffle**2
        self._add("head", 3, 4 * cells, channels[0])
        for level, width in enumerate(channels):
            coarsest = level == len(channels) - 1
            for block in range(blocks[level]):
                for way in ("down",) if coarsest else ("down", "up"):
                    prefix = "{}{}.{}.".format(way, level, block)
                    self._add(prefix + "first", 3, width, width)
                    self._add(prefix + "second", 3, width, width, gain=0.1)
            if not coarsest:
                coarser = channels[level + 1]
                self._add("reduce{}".format(level), 1, 4 * width, coarser)
                self._add("expand{}".format(level), 1, coarser, 4 * width, gain=0.1)
        self._add("tail", 3, channels[0], 3 * cells, gain=0.1)

    def _add(self, name, size, inputs, outputs, gain=1.0):
        """Add a layer that starts with ``gain`` times He's standard deviation."""
        layer = torch.nn.Conv2d(inputs, outputs, size, padding=size // 2, bias=False)
        torch.nn.init.normal_(layer.weight, std=gain * (2.0 / (inputs * size**2)) ** 0.5)
        self.convolutions[name.replace(".", "-")] = layer

    def set_arrays(self, arrays):
        """Take kernels [rows, columns, inputs, outputs] by layer name."""
        if {name.replace(".", "-") for name in arrays} != set(self.convolutions):
            raise ValueError("the file's layers are not the network's")
        for name, kernel in arrays.items():
            kernel = torch.from_numpy(kernel.transpose(3, 2, 0, 1).astype(np.float32))
            with torch.no_grad():
                self.convolutions[name.replace(".", "-")].weight.copy_(kernel)

    def arrays(self):
        """Return the kernels [rows, columns, inputs, outputs] by layer name, float32."""
        return {
            key.replace("-", "."): layer.weight.detach()
            .permute(2, 3, 1, 0)
            .float()
            .cpu()
            .contiguous()
            .numpy()
            for key, layer in self.convolutions.items()
        }

    def forward(self, x, sigma):
        """Return the denoised pictures."""
        height, width = x.shape[-2:]
        level = torch.as_tensor(sigma, dtype=x.dtype).reshape(-1, 1, 1, 1)
        h = torch.cat([x, level.expand(len(x), 1, height, width)], dim=1)
        dtype = next(self.parameters()).dtype
        h = padded(h, self.multiple).to(dtype, memory_format=torch.channels_last)
        h = depth_to_space(self.features(space_to_depth(h, self.unshuffle)), self.unshuffle)
        return x + h[..., :height, :width].to(x.dtype)

    def features(self, h):
        """Return f of the unshuffled picture."""
        last, skips = len(self.blocks) - 1, []
        h = self.convolution("head", h)
        for level in range(last + 1):
            h = self.residual_blocks("down{}".format(level), level, h)
            if level < last:
                skips.append(h)
                h = self.convolution("reduce{}".format(level), space_to_depth(h, 2))
        for level in reversed(range(last)):
            h = self.convolution("expand{}".format(level), h)
            h = depth_to_space(h, 2) + skips[level]
            h = self.residual_blocks("up{}".format(level), level, h)
        return self.convolution("tail", h)

    def residual_blocks(self, way, level, h):
        """Return h after the blocks of a level on one way."""
        for block in range(self.blocks[level]):
            inner = functional.relu_(self.convolution("{}.{}.first".format(way, block), h))
            h = h + self.convolution("{}.{}.second".format(way, block), inner)
        return h

    def convolution(self, name, h):
        """Return h after the layer of that name."""
        return self.convolutions[name.replace(".", "-")](h)


def padded(h, multiple):
    """Return h mirrored at its lower and right edge until both sizes are multiples."""
    for axis in (2, 3):
        missing = -h.shape[axis] % multiple
        if missing:
            strip = h.narrow(axis, h.shape[axis] - missing, missing)
            h = torch.cat([h, strip.flip(axis)], dim=axis)
    return h


def space_to_depth(h, side):
    """Return ``tf.space_to_depth``: channels ordered by row, column, then channel before."""
    if side == 1:
        return h
    count, channels, height, width = h.shape
    h = h.permute(0, 2, 3, 1).reshape(count, height // side, side, width // side, side, channels)
    h = h.permute(0, 1, 3, 2, 4, 5).reshape(count, height // side, width // side, -1)
    return h.permute(0, 3, 1, 2)


def depth_to_space(h, side):
    """Return ``tf.depth_to_space``, the inverse of :func:`space_to_depth`."""
    if side == 1:
        return h
    count, channels, height, width = h.shape
    h = h.permute(0, 2, 3, 1).reshape(count, height, width, side, side, channels // side**2)
    h = h.permute(0, 1, 3, 2, 4, 5).reshape(count, height * side, width * side, -1)
    return h.permute(0, 3, 1, 2)
