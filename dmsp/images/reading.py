"""Picture files to pixels: every depth, palette, alpha and orientation."""

import io
import struct
import warnings
from typing import Any, NamedTuple

import numpy as np

from dmsp.images.form import Form
from dmsp.levels import PEAK

SIXTEEN = 257.0  # 65535 / 255
ORIENTATION, BITS, PLANAR = 274, 258, 284  # tags of EXIF and TIFF
SEPARATE = 2
EXIF_PREFIX = b"Exif\x00\x00"
KINDS = {"RGB": "", "RGBA": "", "RGBa": "", "P": "palette", "PA": "palette", "1": "black and white"}
GREY = ("1", "L", "LA", "La")
TRANSPARENT = ("LA", "La", "PA", "RGBA", "RGBa")


class Unreadable(Exception):
    """A file that is no picture, or a broken one; the message says which."""


class Photograph(NamedTuple):
    """A picture file: pixels, float32 (H, W, 3), upright, 0…255, and the file's form."""

    pixels: Any
    form: Form

    @property
    def note(self):
        """What was converted to come to RGB, empty for nothing."""
        form = self.form
        parts = [form.depth, form.kind and "{}, converted to RGB".format(form.kind)]
        return _joined(parts + ["alpha channel left out"] * (form.alpha is not None))

    @property
    def kept(self):
        """What the file is beside 8-bit RGB, for pictures that are saved alike."""
        form = self.form
        kind = "{}, saved as RGB".format(form.kind) if form.kind and not form.grey else form.kind
        return _joined([form.depth, kind] + ["alpha kept"] * (form.alpha is not None))


def header(path):
    """Return rows and columns of a picture file, its orientation applied, and whether it is grey.

    Raises:
        Unreadable: it is no picture.
    """
    with _opened(path) as image:
        columns, rows = image.size
        upright = _orientation(image) < 5
        grey = image.mode in GREY or image.mode.startswith(("I", "F"))
    return (rows, columns) if upright else (columns, rows), grey


def decode(path):
    """Return the pixels of a picture file, float32 (H, W, 3), 0…255, and what was converted.

    Raises:
        Unreadable: as :func:`read`.
    """
    photograph = read(path)
    return photograph.pixels, photograph.note


def read(path):
    """Return the :class:`Photograph` in a picture file.

    Raises:
        Unreadable: it is no picture, a broken one, or too large for the memory.
    """
    with _opened(path) as image:
        try:
            channels, form = _deep(path, image) if _is_deep(image) else _eight_bits(image)
            turn = _orientation(image)
            form = form._replace(
                icc=image.info.get("icc_profile") or b"",
                exif=_exif(image),
                tiff=image.format == "TIFF",
            )
        except (OSError, SyntaxError, ValueError, EOFError, struct.error) as error:
            raise Unreadable("is broken: {}".format(_plain(error))) from error
        except MemoryError as error:
            raise Unreadable("does not fit into the memory") from error
    if not np.all(np.isfinite(channels)):
        raise Unreadable("holds values that are not finite ({})".format(form.depth))
    return _assembled(_upright(channels, turn), form)


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


def _eight_bits(image):
    """Return the channels (H, W, 1 to 4) of a file with at most 8 bits each, and its form."""
    mode, grey = image.mode, image.mode in GREY
    transparent = mode in TRANSPARENT or "transparency" in image.info
    image = _from_cmyk(image) if mode == "CMYK" else image
    channels = np.asarray(image.convert("RGBA" if transparent else "RGB"))
    if grey:
        channels = channels[:, :, [0, 3] if transparent else [0]]
    return channels, Form(grey, KINDS.get(mode, "grey" if grey else mode))


def _from_cmyk(image):
    """Return RGB of a CMYK picture, by its colour profile where that can be read."""
    from PIL import ImageCms

    try:
        profile = ImageCms.ImageCmsProfile(io.BytesIO(image.info.get("icc_profile") or b""))
        return ImageCms.profileToProfile(
            image, profile, ImageCms.createProfile("sRGB"), outputMode="RGB"
        )
    except (OSError, ImageCms.PyCMSError):
        return image.convert("RGB")


def _is_deep(image):
    """Whether the file holds more than 8 bits a channel, which Pillow's RGB would cut to 8."""
    if image.mode.startswith("I") or image.mode == "F":
        return True
    if image.format == "PNG":
        return ";16" in str(image.tile[0][3]) if image.tile else False
    if image.format == "TIFF":
        return max(image.tag_v2.get(BITS, (8,))) > 8
    return False


def _deep(path, image):
    """Return the channels of a 16-bit or floating-point file without loss, and its form."""
    if image.format == "PNG" and not image.mode.startswith("I"):
        values = _png16(path)
    elif image.format == "TIFF" and not image.mode.startswith(("I", "F")):
        values = _tiff(path)
    else:
        values = np.asarray(image)
    values = values.reshape(values.shape[:2] + (-1,))
    if values.shape[2] > 4:
        raise ValueError("{} channels".format(values.shape[2]))
    grey = values.shape[2] <= 2
    kind = "grey" if grey else ""
    if values.dtype.kind == "f":
        unit = 1.0 / PEAK if np.nanmax(values) <= 1.0 else 1.0
        return values, Form(grey, kind, np.float32, unit)
    if values.dtype.itemsize == 1:
        return values, Form(grey, kind)
    return values, Form(grey, kind, np.uint16, SIXTEEN)


def _png16(path):
    """Decode a PNG of 16 bits a channel; Pillow keeps only 8 of them."""
    import png

    columns, rows, values, info = png.Reader(filename=str(path)).asDirect()
    array = np.vstack([np.asarray(row, np.uint16) for row in values])
    return array.reshape(rows, columns, info["planes"])


def _tiff(path):
    """Decode the first picture of a TIFF file, (H, W, channels)."""
    import tifffile

    with tifffile.TiffFile(str(path)) as file:
        page = file.pages[0]
        values, planar = page.asarray(), page.planarconfig
    return np.moveaxis(values, 0, 2) if planar == SEPARATE and values.ndim == 3 else values


def _assembled(channels, form):
    """Return the photograph whose channels are grey or RGB, and transparency if there is one more.

    Args:
        channels: (H, W, 1 to 4) in the file's values.
    """
    colours = 1 if form.grey else 3
    if channels.shape[2] > colours:
        form = form._replace(alpha=channels[:, :, colours])
    pixels = channels[:, :, :colours].astype(np.float32) / np.float32(form.unit)
    pixels = np.clip(np.repeat(pixels, 3 // colours, axis=2), 0.0, PEAK)
    return Photograph(np.ascontiguousarray(pixels), form)


def _orientation(image):
    """Return the EXIF orientation, 1 to 8."""
    if image.format == "PNG" and "exif" not in image.info:
        return 1  # to look further, Pillow would decode the whole picture
    try:
        value = image.getexif().get(ORIENTATION, 1)
    except Exception:  # whatever a camera wrote there, the pixels are still good
        return 1
    return value if value in range(1, 9) else 1


def _exif(image):
    """Return the EXIF block with the orientation that the pixels have now, upright."""
    if not image.info.get("exif"):
        return b""
    try:
        exif = image.getexif()
        if ORIENTATION in exif:
            exif[ORIENTATION] = 1
        block = exif.tobytes() if len(exif) else b""
    except Exception:  # as in _orientation
        return b""
    return block[len(EXIF_PREFIX) :] if block.startswith(EXIF_PREFIX) else block


def _upright(array, orientation):
    """Undo the EXIF orientation."""
    if orientation in (2, 4, 5, 7):
        array = array[:, ::-1]
    turns = {3: 2, 4: 2, 5: 1, 6: 3, 7: 3, 8: 1}.get(orientation, 0)
    return np.rot90(array, turns)


def _plain(error):
    return " ".join(str(error).split()) or type(error).__name__


def _joined(parts):
    return ", ".join(part for part in parts if part)
