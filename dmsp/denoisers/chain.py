"""Plain stacks of convolutions."""

from dmsp.denoisers.layers import Layer, convolution


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
        last = len(widths) - 2
        return [
            Layer(
                "conv{}".format(index),
                self.size,
                widths[index],
                widths[index + 1],
                self.unshuffle,
                gain=0.1 if index == last and self.residual else 1.0,
            )
            for index in range(last + 1)
        ]

    def features(self, parameters, h):
        """Return the last convolution's output, (N, h, w, 3·unshuffle²)."""
        last = len(self.channels)
        for index in range(last):
            h = convolution(parameters, "conv{}".format(index), h, relu=True)
        return convolution(parameters, "conv{}".format(last), h)
