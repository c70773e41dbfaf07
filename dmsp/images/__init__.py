"""Pictures: where they come from, how they are read, checked, grouped and written.

Inside the package a picture is float32 (rows, columns, 3), RGB, in grey levels
from 0 to 255.
"""

from dmsp.images.batching import batches
from dmsp.images.form import Form
from dmsp.images.reading import Unreadable, decode, read
from dmsp.images.sources import Entry, Picture, Skipped, Source, bsds300, folder, observed, sample
from dmsp.images.writing import save, write_png
from dmsp.levels import PEAK, to_uint8

__all__ = [
    "PEAK",
    "Entry",
    "Form",
    "Picture",
    "Skipped",
    "Source",
    "Unreadable",
    "batches",
    "bsds300",
    "decode",
    "folder",
    "observed",
    "read",
    "sample",
    "save",
    "to_uint8",
    "write_png",
]
