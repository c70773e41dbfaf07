"""Picture files to pixels: every depth, palette, alpha and orientation."""

import io
import warnings
from typing import Any, NamedTuple

import numpy as np

from dmsp.images import tiff
from dmsp.images.form import Form
from dmsp.levels import PEAK

SIXTEEN = 257.0  # 65535 / 255
BITS, COLUMNS, ROWS = 258, 256, 257  # tags of TIFF
EXIF_PREFIX = b"Exif\x00\x00"
KINDS = {"RGB": "", "RGBA": "", "RGBa": "", "P": "palette", "PA": "palette", "1": "black and white"}
GREY = ("1", "L", "LA", "La")
TRANSPARENT = ("LA", "La", "PA", "RGBA", "RGBa")


class Unreadable(Exception):
    """A file that is no picture, or a broken one; the message says which."""


class Photograph(NamedTuple):
    """A picture file: pixels (H, W, 3), upright, 0…255, and the file's form.

    The pixels are float32, or uint8 where the file holds such, which takes a quarter of the memory.
    """

    pixels: Any
    form: Form

    @property
    def note(self):
        """What was converted to come to RGB, empty for nothing."""
        form = self.form
        parts = [form.depth, form.kind and "{}, converted to RGB".format(form.kind)]
        parts += ["alpha channel left out"] * (form.alpha is not None)
        return _joined(parts + [form.choice])

    @property
    def kept(self):
        """What the file is beside 8-bit RGB, for pictures that are saved alike."""
        form = self.form
        kind = "{}, saved as RGB".format(form.kind) if form.kind and not form.grey else form.kind
        parts = [form.depth, kind] + ["alpha kept"] * (form.alpha is not None)
        return _joined(parts + [form.choice])


def header(path):
    """Return rows and columns of a picture file, its orientation applied, and whether it is grey.

    Raises:
        Unreadable: it is no picture.
    """
    with _opened(path) as image:
        columns, rows = _stored_size(image)
        upright = _orientation(image) < 5
        grey = image.mode in GREY or image.mode.startswith(("I", "F"))
        grey = getattr(image, "grey", grey)  # TiffImage says it
    return (rows, columns) if upright else (columns, rows), grey


def decode(path):
    """Return the pixels of a picture file, float32 (H, W, 3), 0…255, and what was converted.

    Raises:
        Unreadable: as :func:`read`.
    """
    photograph = read(path)
    return photograph.pixels.astype(np.float32), photograph.note


def read(path):
    """Return the :class:`Photograph` in a picture file.

    Raises:
        Unreadable: it is no picture, a broken one, or too large for the memory.
    """
    with _opened(path) as image:
        try:
            deep, turn = _is_deep(image), _orientation(image)
            if image.format == "TIFF" and not deep:
                turn = 1  # Pillow turns those by itself
            channels, form = _deep(path, image) if deep else _eight_bits(image)
            form = form._replace(
                icc=image.info.get("icc_profile") or b"",
                exif=_exif(image),
                tiff=image.format == "TIFF",
                pictures=getattr(image, "n_frames", 1),
                compression=_compression(image),
            )
        except Unreadable:
            raise
        except MemoryError as error:
            raise Unreadable("does not fit into the memory") from error
        except Exception as error:  # a decoder may stumble over a broken file in any way
            raise Unreadable("is broken: {}".format(_plain(error))) from error
    return _assembled(_upright(channels, turn), form)


def _opened(path):
    """Open a picture with Pillow, however large: what the caller names is trusted to be meant."""
    from PIL import Image

    Image.MAX_IMAGE_PIXELS = None
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return Image.open(str(path))
    except Exception as error:  # as in read
        if getattr(error, "errno", None) is not None:
            raise Unreadable("cannot be read: {}".format(error.strerror)) from error
    try:
        return tiff.TiffImage(path)
    except Exception as error:
        raise Unreadable("is no picture of a known format, or broken at its beginning") from error


def _stored_size(image):
    """Return columns and rows as they are in the file; some Pillows swap those of a TIFF."""
    tags = getattr(image, "tag_v2", {})
    return tags.get(COLUMNS, image.size[0]), tags.get(ROWS, image.size[1])


def _eight_bits(image):
    """Return the channels (H, W, 1 to 4) of a file with at most 8 bits each, and its form."""
    mode, grey = image.mode, image.mode in GREY
    transparent = mode in TRANSPARENT or "transparency" in image.info
    image = _from_cmyk(image) if mode == "CMYK" else image
    wanted = "RGBA" if transparent else "RGB"
    image.load()  # an array of a broken picture hides why
    channels = np.asarray(image if image.mode == wanted else image.convert(wanted))
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
    if image.mode.startswith(("I", "F")) or isinstance(image, tiff.TiffImage):
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
    elif image.format == "TIFF":
        values = tiff.values(path)
    else:
        values = np.asarray(image)
    values = values.reshape(values.shape[:2] + (-1,))
    if values.shape[2] > 4:
        raise Unreadable("has {} channels".format(values.shape[2]))
    grey = values.shape[2] <= 2
    kind = "grey" if grey else ""
    if values.dtype.kind == "f":
        return values, Form(grey, kind, np.float32, _unit(values))
    if values.dtype.itemsize == 1:
        return values, Form(grey, kind)
    if values.min() < 0 or values.max() > 65535:
        raise Unreadable("holds whole numbers beyond 0 to 65535; convert it to 16 bits")
    return values, Form(grey, kind, np.uint16, SIXTEEN)


def _unit(values):
    """Return the values of one grey level in a floating-point file.

    White is 1, 255 or 65535: the least of them that the largest value is not beyond twice.
    """
    if not np.all(np.isfinite(values)):
        raise Unreadable("holds values that are not finite")
    for unit in (1.0 / PEAK, 1.0, SIXTEEN):
        if np.max(values) <= 2 * PEAK * unit:
            return unit
    raise Unreadable("holds values up to {:g}; scale them to 0…1".format(np.max(values)))


def _png16(path):
    """Decode a PNG of 16 bits a channel; Pillow keeps only 8 of them."""
    import png

    columns, rows, values, info = png.Reader(filename=str(path)).asDirect()
    array = np.vstack([np.asarray(row, np.uint16) for row in values])
    return array.reshape(rows, columns, info["planes"])


def _assembled(channels, form):
    """Return the photograph whose channels are grey or RGB, and transparency if there is one more.

    Args:
        channels: (H, W, 1 to 4) in the file's values.
    """
    colours = 1 if form.grey else 3
    if channels.shape[2] > colours:
        form = form._replace(alpha=channels[:, :, colours])
    pixels = channels[:, :, :colours]
    if pixels.dtype != np.uint8:
        pixels = np.clip(pixels.astype(np.float32) / np.float32(form.unit), 0.0, PEAK)
    pixels = pixels if colours == 3 else np.repeat(pixels, 3, axis=2)
    return Photograph(np.ascontiguousarray(pixels), form)


def _orientation(image):
    """Return the EXIF orientation, 1 to 8."""
    if image.format == "PNG" and "exif" not in image.info:
        return 1  # to look further, Pillow would decode the whole picture
    try:
        value = image.getexif().get(tiff.ORIENTATION, 1)
    except Exception:  # whatever a camera wrote there, the pixels are still good
        return 1
    return value if value in range(1, 9) else 1


def _exif(image):
    """Return the EXIF block with the orientation that the pixels have now, upright."""
    if not image.info.get("exif"):
        return b""
    try:
        exif = image.getexif()
        if tiff.ORIENTATION in exif:
            exif[tiff.ORIENTATION] = 1
        block = exif.tobytes() if len(exif) else b""
    except Exception:  # as in _orientation
        return b""
    return block[len(EXIF_PREFIX) :] if block.startswith(EXIF_PREFIX) else block


def _compression(image):
    """Return about how much a JPEG's compression changed, in grey levels, 0 of other files.

    The root of the geometric mean of the 64 quantisation steps of its brightness: measured as
    near the level with which deblurring and super-resolution succeed best at qualities 75 to
    90, and better than none from 60 to 97. A step of q alone would leave an error of ``q / √12``
    where something is left at all, and none where a blurred picture has nothing to lose.
    """
    tables = getattr(image, "quantization", None)
    return float(np.sqrt(np.exp(np.mean(np.log(tables[min(tables)]))))) if tables else 0.0


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
