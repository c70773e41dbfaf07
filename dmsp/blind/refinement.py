"""The kernel that fits a restored picture to the observation."""

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
    radius = len(k) // 2
    x, y = (derivatives(np.mean(np.asarray(a, np.float64), axis=2)) for a in (x, y))
    y = y[:, radius : y.shape[1] - radius, radius : y.shape[2] - radius]
    steepness = np.hypot(*x)
    x = x * (steepness > np.quantile(steepness, 1.0 - EDGES))
    k = explaining(k, x, y, RIDGE * np.sum(np.square(x)), STEPS)
    return centred(cleaned(k, FAINTEST)).astype(np.float32)
