"""Grey levels and channels: what all pictures in the package are made of."""

import numpy as np

PEAK = 255.0
CHANNELS = 3


def to_uint8(picture):
    """Return a picture as it is stored: clipped to 0…255, then rounded."""
    if picture.dtype == np.uint8:
        return picture
    return np.rint(np.clip(picture, 0.0, PEAK)).astype(np.uint8)
