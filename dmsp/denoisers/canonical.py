"""Other projects' kernels in the form that our plain stack of convolutions has.

Pictures there may be BGR, sub-pixels sorted by channel, and the noise map a
single channel at half resolution; all of it is a matter of sorting the first
kernel's inputs and the last kernel's outputs, once.
"""

import numpy as np

from dmsp.denoisers.storage import Weights
from dmsp.errors import UserError


def chain(source, kernels, biases, residual, scale, sigma=None, sub_pixel=None, bgr=False):
    """Return the weights of a :class:`dmsp.denoisers.networks.Chain`.

    Args:
        source: the file they come from, for messages.
        kernels: arrays [rows, columns, inputs, outputs], in order.
        biases: arrays [outputs] or None, in order.
        residual: sign with which the output is added to the picture; 0: it is not.
        scale: grey levels that the network calls 1.
        sigma: the noise level it was trained for, if only one.
        sub_pixel: function (row, column, channel) → channel, the order of the
            unshuffled channels there.
        bgr: whether it takes and gives blue first.

    Raises:
        UserError: the layers don't follow on each other, or it is not a network
            of colour pictures.
    """
    unshuffle, conditional = _kind(source, kernels)
    kernels = [np.asarray(kernel, np.float32) for kernel in kernels]
    inputs = _sorting(unshuffle, sub_pixel, bgr)
    sides = (unshuffle, unshuffle)
    colours = kernels[0][:, :, inputs].reshape(kernels[0].shape[:2] + sides + (3, -1))
    if conditional:
        # Our noise map is unshuffled too: the one channel there is the mean of ours.
        level = kernels[0][:, :, -1:] / float(unshuffle**2)
        level = np.broadcast_to(level[:, :, None, None], (*colours.shape[:4], 1, level.shape[-1]))
        colours = np.concatenate([colours, level], axis=4)
    width = kernels[0].shape[3]
    kernels[0] = colours.reshape((*kernels[0].shape[:2], -1, width))
    sign = residual or 1
    kernels[-1] = sign * kernels[-1][..., inputs]
    arrays = {"conv{}".format(index): kernel for index, kernel in enumerate(kernels)}
    for index, bias in enumerate(biases):
        if bias is not None:
            last = index == len(kernels) - 1
            bias = np.asarray(bias, np.float32).ravel()
            arrays["conv{}.bias".format(index)] = sign * bias[inputs] if last else bias
    architecture = {
        "kind": "chain",
        "channels": [int(kernel.shape[3]) for kernel in kernels[:-1]],
        "unshuffle": unshuffle,
        "conditional": conditional,
        "residual": bool(residual),
        "scale": float(scale),
        "size": int(kernels[0].shape[0]),
    }
    return Weights(architecture, arrays, {"sigma": sigma})


def refuse_channels(source, ends):
    """Raise the UserError for a network with these numbers of (input, output) channels."""
    grey = "; it is a network of grey pictures" if ends in ((1, 1), (2, 1), (5, 4)) else ""
    raise UserError(
        "weights {}: expected a network of colour pictures (3 channels, or 12 on 2x2 pixel "
        "blocks, and perhaps a noise map), found {} channels in and {} out{}".format(
            source, ends[0], ends[1], grey
        )
    )


def _kind(source, kernels):
    """Return (unshuffle, conditional), from the numbers of input and output channels."""
    if len(kernels) < 2:
        raise UserError(
            "weights {}: expected a stack of convolutions, found {}".format(source, len(kernels))
        )
    for index, kernel in enumerate(kernels):
        if kernel.ndim != 4:
            raise UserError(
                "weights {}: expected a kernel with 4 axes in layer {}, found {}".format(
                    source, index + 1, kernel.ndim
                )
            )
        before = kernels[index - 1].shape[3] if index else kernel.shape[2]
        if kernel.shape[2] != before:
            raise UserError(
                "weights {}: layer {} expects {} channels, but the one before it gives {}".format(
                    source, index + 1, kernel.shape[2], before
                )
            )
    ends = (kernels[0].shape[2], kernels[-1].shape[3])
    kinds = {(3, 3): (1, False), (4, 3): (1, True), (12, 12): (2, False), (13, 12): (2, True)}
    if ends not in kinds:
        refuse_channels(source, ends)
    return kinds[ends]


def _sorting(unshuffle, sub_pixel, bgr):
    """Return the channel there of each of ours, ordered (row, column, colour)."""
    sub_pixel = sub_pixel or (lambda row, column, channel: channel)
    return [
        sub_pixel(row, column, 2 - channel if bgr else channel)
        for row in range(unshuffle)
        for column in range(unshuffle)
        for channel in range(3)
    ]
