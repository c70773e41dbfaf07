"""Grey levels: the scale of all pictures in the package."""

import numpy as np

PEAK = 255.0


def to_uint8(picture):
    """Return a picture as it is stored: clipped to 0…255, then rounded."""
    return np.rint(np.clip(picture, 0.0, PEAK)).astype(np.uint8)
