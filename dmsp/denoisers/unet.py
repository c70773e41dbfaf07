"""U-Nets: residual blocks at several resolutions."""

from dmsp.denoisers.layers import Layer, convolution
from dmsp.errors import UserError
from dmsp.tensorflow import tf


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


class DRUNet(UNet):
    """The U-Net of Zhang et al., which returns the picture itself.

    It differs from :class:`UNet` in where the features of the way down return:
    they are those behind the reduction, and are added before the expansion. Its
    2×2 convolutions of stride 2, forward and transposed, are 1×1 convolutions
    beside a space/depth rearrangement here. At full resolution:
    ``r(x, σ) = s · f(x / s, σ / s)``, ``s = 255``.

    Source: Zhang et al., Plug-and-play image restoration with deep denoiser
    prior, IEEE TPAMI 2021, section 3.
    """

    residual = False

    def __init__(self, channels, blocks):
        super().__init__(channels, blocks, unshuffle=1)

    def features(self, parameters, h):
        """Return f of (N, h, w, 4) input, (N, h, w, 3)."""
        last = len(self.channels) - 1
        reduced = [convolution(parameters, "head", h)]
        for level in range(last):
            h = self._blocks(parameters, "down{}".format(level), level, reduced[-1])
            reduced.append(
                convolution(parameters, "reduce{}".format(level), tf.space_to_depth(h, 2))
            )
        h = self._blocks(parameters, "down{}".format(last), last, reduced[-1])
        for level in reversed(range(last)):
            h = convolution(parameters, "expand{}".format(level), h + reduced[level + 1])
            h = self._blocks(parameters, "up{}".format(level), level, tf.depth_to_space(h, 2))
        return convolution(parameters, "tail", h + reduced[0])
