"""Picture files to pixels: every depth, palette, alpha and orientation."""

import struct
import warnings

import numpy as np

SIXTEEN = 257.0  # 65535 / 255


class Unreadable(Exception):
    """A file that is no picture, or a broken one; the message says which."""


def header(path):
    """Return rows and columns of a picture file, its orientation applied.

    Raises:
        Unreadable: it is no picture.
    """
    with _opened(path) as image:
        columns, rows = image.size
        upright = _orientation(image) < 5
    return (rows, columns) if upright else (columns, rows)


def decode(path):
    """Return the pixels of a picture file, float32 (H, W, 3), 0…255, and what was converted.

    Raises:
        Unreadable: it is no picture, or a broken one.
    """
    with _opened(path) as image:
        try:
            mode = image.mode
            array, note = _to_rgb(path, image)
            orientation = _orientation(image)
        except (OSError, SyntaxError, ValueError, EOFError, struct.error) as error:
            raise Unreadable("is broken: {}".format(_plain(error))) from error
    if not np.all(np.isfinite(array)):
        raise Unreadable("holds values that are not finite ({})".format(mode))
    return np.ascontiguousarray(_upright(array, orientation)), note


def _opened(path):
    """Open a picture with Pillow, however large: what the caller names is trusted to be meant."""
    from PIL import Image

    Image.MAX_IMAGE_PIXELS = None
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return Image.open(str(path))
    except (OSError, SyntaxError, ValueError, struct.error) as error:
        raise Unreadable("is no picture that can be read: {}".format(_plain(error))) from error


def _to_rgb(path, image):
    """Return float32 (H, W, 3) and the note of what was converted."""
    if _is_deep(image):
        return _deep(path, image)
    if image.mode in ("RGB", "L"):
        array = np.asarray(image.convert("RGB"), np.float32)
        return array, "grey, converted to RGB" if image.mode == "L" else ""
    if image.mode in ("LA", "PA", "RGBA", "RGBa", "La") or "transparency" in image.info:
        rgb = image.convert("RGBA").convert("RGB")
        return np.asarray(rgb, np.float32), "alpha channel left out"
    return np.asarray(image.convert("RGB"), np.float32), "{}, converted to RGB".format(
        {"P": "palette", "1": "black and white"}.get(image.mode, image.mode)
    )


def _is_deep(image):
    """Whether the file holds more than 8 bits a channel, which Pillow's RGB would cut to 8."""
    if image.mode.startswith("I") or image.mode == "F":
        return True
    if image.format == "PNG":
        return ";16" in str(image.tile[0][3]) if image.tile else False
    if image.format == "TIFF":
        return max(image.tag_v2.get(258, (8,))) > 8
    return False


def _deep(path, image):
    """Read 16-bit and floating-point pictures without loss."""
    if image.format == "PNG" and not image.mode.startswith("I"):
        array = _png16(path)
    elif image.format == "TIFF" and not image.mode.startswith(("I", "F")):
        import tifffile

        array = tifffile.imread(str(path))
    else:
        array = np.asarray(image)
    scale, depth = _depth(array)
    array = np.asarray(array, np.float32) / np.float32(scale)
    notes = [depth]
    if array.ndim == 2:
        array = np.repeat(array[..., None], 3, axis=2)
        notes.append("grey, converted to RGB")
    elif array.shape[2] in (2, 4):
        array = array[..., :-1] if array.shape[2] == 4 else np.repeat(array[..., :1], 3, axis=2)
        notes.append("alpha channel left out")
    return np.clip(array, 0, 255), ", ".join(notes)


def _depth(array):
    """Return the number that brings an array to 0…255, and its depth in words."""
    if array.dtype.kind == "f":
        return 1.0 / 255.0 if np.nanmax(array) <= 1.0 else 1.0, "floating point"
    if array.dtype.itemsize == 1:
        return 1.0, "8 bits"
    return SIXTEEN, "16 bits"


def _png16(path):
    """Decode a PNG of 16 bits a channel; Pillow keeps only 8 of them."""
    import png

    columns, rows, values, info = png.Reader(filename=str(path)).asDirect()
    array = np.vstack([np.asarray(row, np.uint16) for row in values])
    return array.reshape(rows, columns, info["planes"])


def _orientation(image):
    """Return the EXIF orientation, 1 to 8."""
    if image.format == "PNG" and "exif" not in image.info:
        return 1  # to look further, Pillow would decode the whole picture
    try:
        value = image.getexif().get(274, 1)
    except Exception:  # whatever a camera wrote there, the pixels are still good
        return 1
    return value if value in range(1, 9) else 1


def _upright(array, orientation):
    """Undo the EXIF orientation."""
    if orientation in (2, 4, 5, 7):
        array = array[:, ::-1]
    turns = {3: 2, 4: 2, 5: 1, 6: 3, 7: 3, 8: 1}.get(orientation, 0)
    return np.rot90(array, turns)


def _plain(error):
    return " ".join(str(error).split()) or type(error).__name__
