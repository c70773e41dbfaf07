"""What every denoising network is made of: convolutions, and padding to its grid."""

from typing import NamedTuple

from dmsp.tensorflow import tf


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


def convolution(parameters, name, h, relu=False):
    """Return h correlated with the layer's kernel, zero outside, plus its bias if it has one."""
    h = tf.nn.conv2d(h, parameters[name], strides=[1, 1, 1, 1], padding="SAME")
    if name + ".bias" in parameters:
        h = tf.nn.bias_add(h, parameters[name + ".bias"])
    return tf.nn.relu(h) if relu else h


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
    # An NPU has no kernel for tf.pad's mirrors.
    begin = [int(x.shape[axis]) - step if a == axis else 0 for a in range(4)]
    strip = tf.slice(x, begin, [step if a == axis else -1 for a in range(4)])
    return tf.concat([x, tf.reverse(strip, [axis])], axis)
