"""Denoising networks, described by plain data and built as graph code.

A network is an *architecture* (a JSON-able dict whose ``kind`` names a class
here) and *parameters* (a dict from layer name to tensor). The same code builds
it over variables for training and over constants for restoring. Only
convolutions, additions, ReLU and space/depth rearrangement occur.
"""

from typing import NamedTuple

import tensorflow.compat.v1 as tf

from dmsp.errors import UserError, nearest


class Layer(NamedTuple):
    """One convolution with zero padding that keeps the size.

    Attributes:
        name: key of its kernel among the parameters; its bias is ``name.bias``.
        size: rows and columns of the kernel.
        inputs, outputs: channels.
        stride: picture pixels between neighbouring positions of this layer.
        gain: factor on He's standard deviation at the start of training.
    """

    name: str
    size: int
    inputs: int
    outputs: int
    stride: int
    gain: float = 1.0

    @property
    def shape(self):
        """Shape of the kernel, [rows, columns, inputs, outputs]."""
        return (self.size, self.size, self.inputs, self.outputs)


class UNet:
    """Bias-free residual U-Net on pixel-unshuffled input.

    ``r(x, σ) = x + s · f(x / s, σ / s)``, ``s = 255``. Every level has residual
    blocks ``h + conv(relu(conv(h)))`` on the way down and up; between levels
    stand space-to-depth with a 1×1 convolution and its mirror image, and the
    features of the way down are added on the way up. Without biases f is
    homogeneous: ``f(a x, a σ) = a f(x, σ)`` for a > 0 (Mohan et al., Robust and
    interpretable blind image denoising via bias-free CNNs, ICLR 2020; the shape
    follows Zhang et al., Plug-and-play image restoration with deep denoiser
    prior, 2021). One level alone is a plain residual network.

    Args:
        channels: features at each level, finest first.
        blocks: residual blocks at each level, on each way.
        unshuffle: side of the pixel blocks that become channels at the input.
    """

    conditional = True
    residual = True
    scale = 255.0

    def __init__(self, channels, blocks, unshuffle=2):
        if len(channels) != len(blocks) or not channels:
            raise UserError(
                "unet: channels={} and blocks={} must have one number for each level".format(
                    list(channels), list(blocks)
                )
            )
        self.channels = [int(value) for value in channels]
        self.blocks = [int(value) for value in blocks]
        self.unshuffle = int(unshuffle)
        self.multiple = self.unshuffle * 2 ** (len(self.channels) - 1)

    @property
    def layers(self):
        """Every convolution, in the order of evaluation."""
        side, last = self.unshuffle, len(self.channels) - 1
        found = [Layer("head", 3, 4 * side * side, self.channels[0], side)]
        for level in range(last + 1):
            found += self._block_layers("down{}".format(level), level)
            if level < last:
                found.append(
                    Layer(
                        "reduce{}".format(level),
                        1,
                        4 * self.channels[level],
                        self.channels[level + 1],
                        side * 2 ** (level + 1),
                    )
                )
        for level in reversed(range(last)):
            found.append(
                Layer(
                    "expand{}".format(level),
                    1,
                    self.channels[level + 1],
                    4 * self.channels[level],
                    side * 2 ** (level + 1),
                    gain=0.1,
                )
            )
            found += self._block_layers("up{}".format(level), level)
        return [*found, Layer("tail", 3, self.channels[0], 3 * side * side, side, gain=0.1)]

    def _block_layers(self, way, level):
        width, stride = self.channels[level], self.unshuffle * 2**level
        for block in range(self.blocks[level]):
            prefix = "{}.{}.".format(way, block)
            yield Layer(prefix + "first", 3, width, width, stride)
            yield Layer(prefix + "second", 3, width, width, stride, gain=0.1)

    def features(self, parameters, h):
        """Return f of (N, h, w, 4·unshuffle²) input, (N, h, w, 3·unshuffle²)."""
        last, skips = len(self.channels) - 1, []
        h = convolution(parameters, "head", h)
        for level in range(last + 1):
            h = self._blocks(parameters, "down{}".format(level), level, h)
            if level < last:
                skips.append(h)
                h = convolution(parameters, "reduce{}".format(level), tf.space_to_depth(h, 2))
        for level in reversed(range(last)):
            h = convolution(parameters, "expand{}".format(level), h)
            h = tf.depth_to_space(h, 2) + skips[level]
            h = self._blocks(parameters, "up{}".format(level), level, h)
        return convolution(parameters, "tail", h)

    def _blocks(self, parameters, way, level, h):
        for block in range(self.blocks[level]):
            prefix = "{}.{}.".format(way, block)
            inner = convolution(parameters, prefix + "first", h, relu=True)
            h = h + convolution(parameters, prefix + "second", inner)
        return h


class Chain:
    """A plain stack of convolutions with ReLU between them.

    The published DAE, DnCNN and FFDNet all have this shape. Their importers
    bring channel order, sub-pixel order and sign to one form, so that none of
    it is an option here: RGB, the sub-pixels as ``tf.space_to_depth`` orders
    them, the noise level as fourth colour of a conditional network, and the
    residual added.

    Args:
        channels: features between the convolutions, one fewer than layers.
        unshuffle: side of the pixel blocks that become channels at the input.
        conditional: whether the network sees the noise level.
        residual: whether the output is added to the noisy picture.
        scale: grey levels that the network calls 1.
        size: rows and columns of every kernel.
    """

    def __init__(
        self, channels, unshuffle=1, conditional=False, residual=True, scale=255.0, size=3
    ):
        self.channels = [int(value) for value in channels]
        self.unshuffle = self.multiple = int(unshuffle)
        self.conditional = bool(conditional)
        self.residual = bool(residual)
        self.scale = float(scale)
        self.size = int(size)

    @property
    def layers(self):
        """Every convolution, in the order of evaluation."""
        pixels = self.unshuffle**2
        widths = [(4 if self.conditional else 3) * pixels, *self.channels, 3 * pixels]
        return [
            Layer(
                "conv{}".format(index), self.size, widths[index], widths[index + 1], self.unshuffle
            )
            for index in range(len(widths) - 1)
        ]

    def features(self, parameters, h):
        """Return the last convolution's output, (N, h, w, 3·unshuffle²)."""
        last = len(self.channels)
        for index in range(last):
            h = convolution(parameters, "conv{}".format(index), h, relu=True)
        return convolution(parameters, "conv{}".format(last), h)


KINDS = {"unet": UNet, "chain": Chain}


def network(architecture):
    """Return the network that an architecture describes.

    Args:
        architecture: ``{"kind": "unet" or "chain", …the arguments of its class}``.

    Raises:
        UserError: an unknown kind or argument.
    """
    arguments = dict(architecture)
    kind = arguments.pop("kind", None)
    if kind not in KINDS:
        raise UserError("unknown network architecture {!r}{}".format(kind, nearest(kind, KINDS)))
    try:
        return KINDS[kind](**arguments)
    except (TypeError, ValueError) as error:
        raise UserError("network architecture {}: {}".format(kind, error)) from error


def convolution(parameters, name, h, relu=False):
    """Return h correlated with the layer's kernel, zero outside, plus its bias if it has one."""
    h = tf.nn.conv2d(h, parameters[name], strides=[1, 1, 1, 1], padding="SAME")
    if name + ".bias" in parameters:
        h = tf.nn.bias_add(h, parameters[name + ".bias"])
    return tf.nn.relu(h) if relu else h


def denoise(net, parameters, x, sigma, dtype=tf.float32):
    """Return ``r(x, σ)``, float32 (N, H, W, 3), in grey levels.

    Args:
        net: a network of this module.
        parameters: from layer name to tensor of type ``dtype``.
        x: float32 (N, H, W, 3), H and W static.
        sigma: noise level in grey levels: number, (N, 1, 1, 1) or (N, H, W, 1).
        dtype: type that the network computes in; the residual is added in float32.
    """
    height, width = int(x.shape[1]), int(x.shape[2])
    h = x
    if net.conditional:
        level = tf.ones_like(x[..., :1]) * tf.cast(sigma, tf.float32)
        h = tf.concat([x, level], axis=-1)
    h = tf.cast(pad_to_multiple(h, net.multiple) / net.scale, dtype)
    if net.unshuffle > 1:
        h = tf.space_to_depth(h, net.unshuffle)
    h = net.features(parameters, h)
    if net.unshuffle > 1:
        h = tf.depth_to_space(h, net.unshuffle)
    h = tf.cast(h[:, :height, :width, :], tf.float32) * net.scale
    return x + h if net.residual else h


def pad_to_multiple(x, multiple):
    """Return x mirrored at its lower and right edge until both sizes are multiples."""
    for axis in (1, 2):
        size = int(x.shape[axis])
        target = -(-size // multiple) * multiple
        while size < target:
            # A mirror image is at most as long as what it mirrors: small inputs take several.
            step = min(size, target - size)
            x = _mirror(x, axis, step)
            size += step
    return x


def _mirror(x, axis, step):
    return tf.pad(x, [[0, step if a == axis else 0] for a in range(4)], mode="SYMMETRIC")
