"""Resizing and cropping: what the values in the configuration ask of a picture."""

import numpy as np

from dmsp.errors import UserError
from dmsp.levels import PEAK


def checked(value, key):
    # type: (object, str) -> Optional[Tuple[int, ...]]
    """Return a checked size: one number for a side, two for height and width.

    Raises:
        UserError: it is neither.
    """
    if value is None:
        return None
    sides = tuple(value) if hasattr(value, "__len__") and not isinstance(value, str) else (value,)
    if not (1 <= len(sides) <= 2 and all(type(n) is int and n > 0 for n in sides)):
        raise UserError("{}={}: give pixels, such as 256 or [180,180]".format(key, value))
    return sides


def resized(shape, size):
    """Return the shape after a resize to a longest side, or to height and width."""
    if size is None:
        return tuple(shape)
    if len(size) == 2:
        return size
    longest = max(shape)
    return tuple(max(1, int(round(n * size[0] / longest))) for n in shape)


def cropped(shape, size):
    """Return the shape after a crop to a side, or to height and width; never a larger one."""
    if size is None:
        return tuple(shape)
    return tuple(min(n, m) for n, m in zip(shape, size * (3 - len(size))))


def resample(pixels, shape):
    """Resize with Lanczos' kernel, widened on reduction so that nothing aliases."""
    from PIL import Image

    planes = [
        np.asarray(Image.fromarray(pixels[..., c]).resize(shape[::-1], Image.LANCZOS))
        for c in range(pixels.shape[2])
    ]
    return np.clip(np.stack(planes, axis=2), 0.0, PEAK)
