"""The denoiser that the prior calls."""

import numpy as np

from dmsp import checks
from dmsp.denoisers import ensemble as self_ensemble
from dmsp.denoisers import networks
from dmsp.denoisers.tiling import tiled
from dmsp.errors import UserError
from dmsp.tensorflow import tf

# TensorFlow fuses ReLU and the sum of a residual block into a convolution only where a bias
# stands between them, and takes a bias of zeros out before. Fused, a bias-free network needs a
# third less time in bfloat16; this bias vanishes in every sum.
NEGLIGIBLE = 1e-30


class Denoiser:
    """A trained network ``r(x, σ)``: the expected clean picture, given a noisy one.

    Args:
        name: what it is called in results.
        weights: :class:`dmsp.denoisers.storage.Weights`.
        tile: side of the tiles that larger pictures are computed in, pixels;
            ``None`` for whole pictures. The result is the same, the memory bounded.
        ensemble: orientations that are evaluated and averaged, 1, 2, 4 or 8
            (:func:`dmsp.denoisers.ensemble.ensembled`).

    Attributes:
        name: what it is called in results.
        conditional: whether it is told the noise level.
        sigma: grey levels of the noise it was trained for, if not conditional.
        channels: of the noise it was trained for: 1 if it is for grey pictures.
        digest: SHA-256 of its weights.
        weights: them, :class:`dmsp.denoisers.storage.Weights`.
        macs_per_pixel: multiply-accumulate operations for one pixel.
        width: features for one pixel where the network has most of them.

    Raises:
        UserError: the arrays don't fit the architecture, or ``tile`` or ``ensemble``
            is no such number.
    """

    def __init__(self, name, weights, tile=None, ensemble=1):
        if tile is not None:
            checks.number("denoiser.tile", tile, 1, what="pixels", whole=True, such_as=512)
        self_ensemble.check(ensemble)
        self.tile, self.ensemble = tile, ensemble
        self.name = name
        try:
            self.network = networks.network(weights.architecture)
        except UserError as error:
            raise UserError("weights {}: {}".format(name, error)) from error
        self.conditional = self.network.conditional
        self.sigma = None if self.conditional else weights.metadata.get("sigma")
        self.channels = weights.metadata.get("channels", 3)
        self.arrays = fitting(name, self.network, weights.arrays)
        self.digest = weights.digest
        self.weights = weights._replace(arrays=self.arrays)
        self.macs_per_pixel = macs_per_pixel(self.network)
        self.width = max(layer.outputs / layer.stride**2 for layer in self.network.layers)

    def __call__(self, x, sigma, dtype=tf.float32):
        """Return the denoised pictures, float32 (N, H, W, 3), grey levels.

        Args:
            x: float32 (N, H, W, 3), grey levels 0 to 255, of any static H and W.
            sigma: noise level in grey levels: number, (N, 1, 1, 1) or
                (N, H, W, 1); only a conditional network looks at it.
            dtype: type the network computes in.
        """
        dtype = tf.as_dtype(dtype)
        arrays = dict(self.arrays)
        for layer in self.network.layers:
            arrays.setdefault(layer.name + ".bias", np.full(layer.outputs, NEGLIGIBLE, np.float32))
        constants = {
            name: tf.constant(array.astype(dtype.as_numpy_dtype), dtype)
            for name, array in arrays.items()
        }

        def evaluate(x, sigma):
            return networks.denoise(self.network, constants, x, sigma, dtype)

        def whole(x, sigma):
            if self.tile is None:
                return evaluate(x, sigma)
            halo = networks.halo(self.network)
            return tiled(evaluate, x, sigma, self.tile, halo, self.network.multiple)

        return self_ensemble.ensembled(whole, self.ensemble)(x, sigma)


def fitting(name, net, arrays):
    """Return the arrays that the network needs, float32, by name.

    Raises:
        UserError: one is missing, has another shape, is not finite, or is left over.
    """
    expected = {layer.name: layer.shape for layer in net.layers}
    biases = {layer.name + ".bias": (layer.outputs,) for layer in net.layers}
    expected.update({bias: shape for bias, shape in biases.items() if bias in arrays})
    for key, shape in expected.items():
        found = tuple(np.shape(arrays[key])) if key in arrays else "nothing"
        if found != tuple(shape):
            raise UserError(
                "weights {}: expected {} of shape {}, found {}".format(
                    name, key, tuple(shape), found
                )
            )
        if not np.all(np.isfinite(arrays[key])):
            raise UserError("weights {}: {} holds values that are not finite".format(name, key))
    extra = sorted(set(arrays) - set(expected))
    if extra:
        raise UserError(
            "weights {}: {} arrays do not belong to this architecture, first {}".format(
                name, len(extra), extra[0]
            )
        )
    return {key: np.asarray(arrays[key], np.float32) for key in expected}


def macs_per_pixel(net):
    """Return the multiply-accumulate operations of a network for one picture pixel."""
    return sum(np.prod(layer.shape) / float(layer.stride) ** 2 for layer in net.layers)
