"""The element types of tensors in files."""

import numpy as np

BFLOAT16 = "bfloat16"  # the upper half of a float32; NumPy has no name for it


def size(kind):
    """Return the bytes of one element of a kind: a NumPy type code or :data:`BFLOAT16`."""
    return 2 if kind == BFLOAT16 else np.dtype(kind).itemsize


def decode(data, kind):
    """Return little-endian bytes as an array of one axis.

    Raises:
        ValueError: they are no whole number of elements.
    """
    if kind == BFLOAT16:
        return (np.frombuffer(data, "<u2").astype(np.uint32) << 16).view(np.float32)
    return np.frombuffer(data, kind)
