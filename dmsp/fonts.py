"""The font of pictures with text on them."""

import importlib.util
import pathlib


def dejavu_sans(size):
    """Return DejaVu Sans, which comes with matplotlib, without importing matplotlib.

    Args:
        size: of an em in pixels.
    """
    from PIL import ImageFont

    folder = pathlib.Path(importlib.util.find_spec("matplotlib").origin).parent
    return ImageFont.truetype(str(folder / "mpl-data" / "fonts" / "ttf" / "DejaVuSans.ttf"), size)
