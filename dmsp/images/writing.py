"""Picture files, written whole or not at all."""

import struct
import zlib

import numpy as np

from dmsp.errors import UserError
from dmsp.files import whole
from dmsp.images.form import Form

# Quick; a higher level makes photographs hardly smaller.
COMPRESSION = 1
ICC_TAG = 34675


def write_png(path, picture):
    """Write a picture (H, W, 3) as 8-bit PNG.

    Raises:
        UserError: the folder cannot be written.
    """
    _write(path, picture, Form())


def save(stem, picture, form):
    """Write a picture (H, W, 3) in the form of the file that it came from.

    Args:
        stem: path of the file without its suffix.
        picture: grey levels.
        form: :class:`dmsp.images.form.Form`.

    Raises:
        UserError: the folder cannot be written.
    """
    _write("{}{}".format(stem, form.suffix), picture, form)


def _write(path, picture, form):
    try:
        with whole(path) as part, open(part, "wb") as file:
            write = _write_tiff if form.tiff else _write_png
            write(file, picture, form)
    except OSError as error:
        raise UserError(
            "{}: cannot be written ({}); free the folder or give another with outputs=…".format(
                path, error.strerror or error
            )
        ) from error


def _write_png(file, picture, form):
    """Write 8 or 16 bits a channel, part by part; Pillow has no 16-bit colour.

    Source: PNG specification, W3C 2003; filter 1, the difference to the left, in all rows.
    """
    import png

    png.write_chunks(file, _chunks(picture, form))


def _chunks(picture, form):
    rows, columns = picture.shape[:2]
    kind, compressor = None, zlib.compressobj(COMPRESSION)
    for values in form.encoded(picture):
        if kind is None:
            kind = {1: 0, 2: 4, 3: 2, 4: 6}[values[0, 0].size]
            depth = 8 * values.itemsize
            yield b"IHDR", struct.pack(">2I5B", columns, rows, depth, kind, 0, 0, 0)
            if form.profile:
                yield b"iCCP", b"ICC profile\0\0" + zlib.compress(form.profile)
            if form.exif:
                yield b"eXIf", form.exif
        yield b"IDAT", compressor.compress(_lines(values))
    yield b"IDAT", compressor.flush()
    yield b"IEND", b""


def _lines(values):
    """Return rows of uint8 or uint16 (h, W[, channels]) as PNG compresses them."""
    step = values[0, 0].nbytes
    big = values.astype(values.dtype.newbyteorder(">"), copy=False)
    data = np.ascontiguousarray(big).reshape(len(values), -1).view(np.uint8)
    lines = np.empty((len(values), 1 + data.shape[1]), np.uint8)
    lines[:, 0] = 1
    lines[:, 1 : 1 + step] = data[:, :step]
    np.subtract(data[:, step:], data[:, :-step], out=lines[:, 1 + step :])
    return lines


def _write_tiff(file, picture, form):
    import tifffile

    values = np.concatenate(list(form.encoded(picture)))
    tags = [(ICC_TAG, "B", len(form.profile), form.profile, True)] if form.profile else []
    tifffile.imwrite(
        file,
        values,
        photometric="minisblack" if form.grey else "rgb",
        planarconfig="contig" if values.ndim == 3 else None,
        extrasamples=None if form.alpha is None else ["unassalpha"],
        extratags=tags,
        metadata=None,
    )
