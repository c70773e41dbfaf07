"""How far a denoiser lets the data be trusted, and what that leaves of their noise."""

import numpy as np
import tensorflow.compat.v1 as tf

# Below, a data step's few iterations do not reach its solution; above, no noise is too loud, as
# S / σ² <= 1 / (4 β).
WEIGHTS = np.geomspace(0.08, 0.3, 40)
LOUDNESS = 0.87  # of the noise, in units of what the denoiser is told
THINNING = 0.75  # how fast less is allowed where fewer pixels are kept
GRID, SAMPLES = 256, 128


def prior_weight(operator, ratio):
    """Return the smallest weight β of the prior with which the denoiser still removes all noise.

    A data step of weights ``λ = 1 / σ_n²`` and ``ρ = β / σ²`` behind a blur k of which
    every s-th pixel is kept leaves noise in the picture, of the density
    ``S = σ_n² |K|² / s² / (G + β σ_n² / σ²)²``, where ``G`` is the sum of ``|K|² / s²`` over
    the frequencies that sampling makes one, ``|K|²`` itself where s = 1. The
    less β, the more detail it brings back, and the more noise. The denoiser removes
    white noise of density σ²; what is louder over many frequencies it takes for
    texture, and each iteration makes it louder. So β is the smallest number, from
    0.08 to 0.3, for which the root mean square of ``S / σ²`` over the frequencies is at
    most :data:`LOUDNESS` over s to the power of :data:`THINNING`. Measured: with kernels of
    camera shake that is 0.2, with a Gaussian, which leaves few frequencies to be loud,
    0.09; in super-resolution, where what lies between the samples comes in over many
    iterations, less may be loud.

    Args:
        operator: whose kernel and scale are meant; without a kernel it is taken to select pixels.
        ratio: ``σ² / σ_n²``, (N, 1, 1, 1).

    Returns:
        (N, 1, 1, 1).
    """
    gains, folded = (part / operator.copies for part in _gains(operator.kernel, operator.scale))
    ratio = tf.reshape(ratio, [-1, 1, 1])
    weights = tf.constant(WEIGHTS, tf.float32)
    density = gains / tf.square(folded + weights[:, None] / ratio) / ratio
    # The density falls as the weight grows, so the weights that are too small come first.
    allowed = LOUDNESS / operator.scale**THINNING
    loud = tf.reduce_mean(tf.square(density), axis=2) > allowed**2
    count = tf.reduce_sum(tf.cast(loud, tf.int32), axis=1)
    return tf.reshape(tf.gather(weights, count), [-1, 1, 1, 1])


def unfitted(operator, ratio):
    """Return the share of white noise's power that a data step leaves in its residual.

    The mean of ``1 / (1 + G λ/ρ)²`` over the frequencies, G as of :func:`prior_weight`.

    Args:
        operator: A.
        ratio: ``λ/ρ``, (N, 1, 1, 1).

    Returns:
        (N, 1, 1, 1).
    """
    folded = _gains(operator.kernel, operator.scale)[1] / operator.copies
    left = tf.square(1.0 / (1.0 + folded * tf.reshape(ratio, [-1, 1])))
    return tf.reshape(tf.reduce_mean(left, axis=1), [-1, 1, 1, 1])


def _gains(kernel, scale):
    """Return ``|K|² / s²`` and G at frequencies that stand for all, from the smallest G on."""
    if kernel is None:
        return np.ones((2, 1), np.float32)
    grid = [scale * -(-max(GRID, n) // scale) for n in kernel.shape]
    power = np.square(np.abs(np.fft.fft2(kernel, grid))) / scale**2
    aliases = power.reshape(scale, grid[0] // scale, scale, grid[1] // scale)
    folded = np.broadcast_to(aliases.sum((0, 2), keepdims=True), aliases.shape).ravel()
    parts = np.array_split(np.argsort(folded), SAMPLES)
    # The root of the mean square, as it is the square of S that is averaged.
    gains = [np.sqrt(np.mean(np.square(aliases.ravel()[part]))) for part in parts]
    return np.array([gains, [np.mean(folded[part]) for part in parts]], np.float32)
