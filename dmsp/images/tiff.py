"""TIFF files that Pillow cannot read, or not at their full depth."""

import numpy as np

SEPARATE = 2  # planar configuration
WHITE_IS_ZERO, BLACK_IS_ZERO, RGB = 0, 1, 2  # photometric interpretations
ORIENTATION, ICC_PROFILE = 274, 34675  # tags, the first of EXIF too


class TiffImage:
    """Of a TIFF file what is asked of an image of Pillow's.

    Args:
        path: of the file.

    Raises:
        Exception: of any kind; it is no TIFF file, or a broken one.
    """

    format = "TIFF"
    mode = ""  # none that Pillow has

    def __init__(self, path):
        import tifffile

        with tifffile.TiffFile(str(path)) as file:
            page = file.pages[0]
            self.size = page.imagewidth, page.imagelength
            self.grey = page.samplesperpixel <= 2
            self.n_frames = len(file.pages)
            self._exif = {tag: _value(page, tag) for tag in (ORIENTATION,) if tag in page.tags}
            self.info = {"icc_profile": bytes(_value(page, ICC_PROFILE) or b"")}

    def __enter__(self):
        return self

    def __exit__(self, *error):
        return False

    def getexif(self):
        """Return {tag: value} of what says how the picture stands."""
        return self._exif


def values(path):
    """Return the first picture of a TIFF file, (H, W) or (H, W, channels).

    Raises:
        Exception: of any kind; the file is broken, or holds another kind of picture.
    """
    import tifffile

    with tifffile.TiffFile(str(path)) as file:
        page = file.pages[0]
        if page.photometric not in (WHITE_IS_ZERO, BLACK_IS_ZERO, RGB):
            raise ValueError("at this depth only grey and RGB are read")
        array, planar = page.asarray(), page.planarconfig
        if page.photometric == WHITE_IS_ZERO:
            array = np.iinfo(array.dtype).max - array
    return np.moveaxis(array, 0, 2) if planar == SEPARATE and array.ndim == 3 else array


def _value(page, tag):
    return page.tags[tag].value if tag in page.tags else None
