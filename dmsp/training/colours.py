"""Other colours for training pictures, which have those of one set of photographs."""

import numpy as np

SATURATION = (0.7, 3.0)
GAIN = 1.4
GAMMA = 1.5


def changed(patch, rng):
    """Return a picture with other colours, uint8 (H, W, 3).

    ``p = 255 (g_c (m + s (x_c - m)) / 255)^γ_c`` with the channels x_c in another order and m their
    mean: saturation s within :data:`SATURATION`, gains g_c and exponents γ_c up to :data:`GAIN`
    and :data:`GAMMA` and their inverses, all uniform in the logarithm. Saturated colours, of which
    few photographs have many, make the channels less alike, and so does what is clipped.

    Args:
        patch: uint8 (H, W, 3).
        rng: NumPy's generator.
    """
    saturation = np.exp(rng.uniform(*np.log(SATURATION)))
    gain = np.exp(rng.uniform(-1.0, 1.0, 3) * np.log(GAIN))
    gamma = np.exp(rng.uniform(-1.0, 1.0, 3) * np.log(GAMMA))
    x = patch[:, :, rng.permutation(3)].astype(np.float32)
    mean = x.mean(axis=2, keepdims=True)
    x = gain * (mean + saturation * (x - mean)) / 255.0
    return np.rint(255.0 * np.clip(x, 0.0, 1.0) ** gamma).astype(np.uint8)
