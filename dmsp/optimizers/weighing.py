"""How far a denoiser lets the data be trusted."""

import numpy as np
import tensorflow.compat.v1 as tf

# Below, a data step's few iterations do not reach its solution; above, no noise is too loud, as
# S / σ² <= 1 / (4 β).
WEIGHTS = np.geomspace(0.08, 0.3, 40)
LOUDNESS = 0.87  # of the noise, in units of what the denoiser is told
GRID, SAMPLES = 256, 128


def prior_weight(operator, ratio):
    """Return the smallest weight β of the prior with which the denoiser still removes all noise.

    A data step of weights ``λ = 1 / σ_n²`` and ``ρ = β / σ²`` behind a blur k leaves
    noise in the picture, of the density ``S = σ_n² |K|² / (|K|² + β σ_n² / σ²)²``. The
    less β, the more detail it brings back, and the more noise. The denoiser removes
    white noise of density σ²; what is louder over many frequencies it takes for
    texture, and each iteration makes it louder. So β is the smallest number, from
    0.08 to 0.3, for which the root mean square of ``S / σ²`` over the frequencies is at
    most :data:`LOUDNESS`. Measured: with kernels of camera shake that is 0.2, with a
    Gaussian, which leaves few frequencies to be loud, 0.09.

    Args:
        operator: whose kernel is meant; without one it is taken to select pixels.
        ratio: ``σ² / σ_n²``, (N, 1, 1, 1).

    Returns:
        (N, 1, 1, 1).
    """
    gains = _gains(operator.kernel) / operator.copies
    ratio = tf.reshape(ratio, [-1, 1, 1])
    weights = tf.constant(WEIGHTS, tf.float32)
    density = gains / tf.square(gains + weights[:, None] / ratio) / ratio
    # The density falls as the weight grows, so the weights that are too small come first.
    loud = tf.reduce_mean(tf.square(density), axis=2) > LOUDNESS**2
    count = tf.reduce_sum(tf.cast(loud, tf.int32), axis=1)
    return tf.reshape(tf.gather(weights, count), [-1, 1, 1, 1])


def _gains(kernel):
    """Return ``|K|²`` at frequencies that stand for all, from the smallest to the largest."""
    if kernel is None:
        return np.ones(1, np.float32)
    grid = [max(GRID, n) for n in kernel.shape]
    power = np.sort(np.square(np.abs(np.fft.fft2(kernel, grid))), axis=None)
    return np.array([np.mean(part) for part in np.array_split(power, SAMPLES)], np.float32)
