"""Denoising networks, described by plain data and built as graph code.

A network is an *architecture* (a JSON-able dict whose ``kind`` names a class
here) and *parameters* (a dict from layer name to tensor). The same code builds
it over variables for training and over constants for restoring. Only
convolutions, additions, ReLU and space/depth rearrangement occur.
"""

from dmsp.denoisers.chain import Chain
from dmsp.denoisers.layers import pad_to_multiple
from dmsp.denoisers.unet import DRUNet, UNet
from dmsp.errors import UserError, nearest
from dmsp.tensorflow import tf

KINDS = {"unet": UNet, "drunet": DRUNet, "chain": Chain}


def network(architecture):
    """Return the network that an architecture describes.

    Args:
        architecture: ``{"kind": "unet", "drunet" or "chain", …the arguments of its class}``.

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


def halo(net):
    """Return how many pixels beyond a block of output an input matters at most.

    The block is aligned to ``net.multiple``, as is the result: walking back
    from the output, each layer rounds outwards to its own stride and adds its
    kernel's radius there.
    """
    reach = 0
    for layer in reversed(net.layers):
        reach = _round_up(reach, layer.stride) + layer.size // 2 * layer.stride
    return _round_up(reach, net.multiple)


def _round_up(value, multiple):
    return -(-value // multiple) * multiple
