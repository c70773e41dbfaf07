"""The kernel that fits restored pictures to what was observed."""

import numpy as np

from dmsp.blind.correlation import derivatives, explaining
from dmsp.blind.kernel_step import centred, cleaned

STEPS = 60
RIDGE = 1e-3  # of the edges' energy
FAINTEST = 0.01  # share of the peak
EDGES = 0.25  # share of the pixels


def refined(k, x, y):
    """Return the kernel, near a first one, that explains an observation by a picture's edges.

    ``argmin_k ‖k ⋆ ∇x - ∇y‖² + ridge ‖∇x‖² ‖k‖²`` over the simplex. Only the
    steepest gradients are taken for ∇x: of fine detail a restoration loses a part,
    and what is lost of the picture would be found in a kernel of too little blur.

    Args:
        k: where to start, (size, size), odd.
        x: restored picture, (h, w, channels), over the field of view.
        y: observation, (h, w, channels), of the same unit.
    """
    x, y = _derivatives(k, x, y)
    steepness = np.hypot(*x)
    return _explaining(k, x * (steepness > np.quantile(steepness, 1.0 - EDGES)), y)


def agreed(k, pictures, observations):
    """Return the kernel, near a first one, by which pictures explain observations best.

    The objective of :func:`refined` with all gradients, summed over the pairs. For
    pictures that hold none of the noise of their observation.

    Args:
        k: where to start, (size, size), odd.
        pictures: list of (h, w, channels), over the field of view.
        observations: as many of the same shape and unit.
    """
    pairs = [_derivatives(k, x, y) for x, y in zip(pictures, observations)]
    return _explaining(k, *(np.concatenate(planes) for planes in zip(*pairs)))


def tidied(k):
    """Return a kernel without its noise, its mass in the middle, float32 of sum one."""
    return centred(cleaned(k, FAINTEST)).astype(np.float32)


def _derivatives(k, x, y):
    """Return the grey derivatives of a picture, and of what it tells of its observation."""
    radius = len(k) // 2
    x, y = (derivatives(np.mean(np.asarray(a, np.float64), axis=2)) for a in (x, y))
    return x, y[:, radius : y.shape[1] - radius, radius : y.shape[2] - radius]


def _explaining(k, x, y):
    return tidied(explaining(k, x, y, RIDGE * np.sum(np.square(x)), STEPS))
