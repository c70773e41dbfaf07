"""Masks: boolean (rows, columns), true where a pixel is measured, false where it is lost."""

import pathlib

import numpy as np

from dmsp.errors import Unfit, UserError

WORDS = "the quick brown fox jumps over the lazy dog "


def random(shape, keep=0.5, seed=0):
    """Return a mask that keeps pixels at random, each with the same chance.

    Args:
        shape: rows and columns (H, W).
        keep: share of the pixels that stays, above 0 to 1; their number is exact.
        seed: which ones.
    """
    _check(0 < keep <= 1, "mask.keep", keep, "a share above 0 to 1, such as 0.5")
    count = shape[0] * shape[1]
    mask = np.zeros(count, bool)
    kept = max(1, int(round(keep * count)))
    mask[np.random.RandomState(seed).permutation(count)[:kept]] = True
    return mask.reshape(shape)


def stripes(shape, period=16, width=4, angle=45.0):
    """Return a mask that loses parallel stripes.

    Args:
        shape: rows and columns (H, W).
        period: distance from stripe to stripe in pixels.
        width: of a stripe in pixels, below the period.
        angle: between stripes and rows, degrees counter-clockwise.
    """
    _check(0 < width < period, "mask.width", width, "pixels above 0 and below mask.period")
    rows, columns = np.indices(shape)
    turn = np.deg2rad(angle)
    across = (rows + 0.5) * np.cos(turn) + (columns + 0.5) * np.sin(turn)
    return _checked(across % period >= width, "mask=stripes")


def text(shape, words=WORDS, size=16):
    """Return a mask that loses what lies under lines of text.

    Args:
        shape: rows and columns (H, W).
        words: what is written, again and again.
        size: height of a line in pixels.
    """
    from PIL import Image, ImageDraw

    from dmsp.fonts import dejavu_sans

    _check(size >= 4, "mask.size", size, "a number of pixels from 4")
    _check(str(words).strip(), "mask.words", repr(words), "some text")
    font = dejavu_sans(int(0.8 * size))
    canvas = Image.new("1", (shape[1], shape[0]), 1)
    draw = ImageDraw.Draw(canvas)
    sentence = str(words).strip() + " "
    length = int(np.ceil(font.getlength(sentence)))
    for row, top in enumerate(range(0, shape[0], size)):
        # Each line starts further on in the words, so that no column is spared.
        for left in range(-(row * 5 * size % length), shape[1], length):
            draw.text((left, top), sentence, 0, font)
    return _checked(np.array(canvas, bool), "mask=text")


def from_file(shape, path):
    """Return the mask in a picture file: white where measured, black where lost.

    Args:
        shape: rows and columns (H, W) of the pictures.
        path: the file.

    Raises:
        UserError: no such file, another size, or values beside black and white.
    """
    from dmsp.images import Unreadable, decode

    what = "mask.path={}".format(path)
    file = pathlib.Path(str(path)).expanduser()
    if not file.is_file():
        raise UserError("{}: no such file".format(what))
    try:
        pixels, _ = decode(file)
    except Unreadable as error:
        raise UserError("{}: {}".format(what, error)) from error
    grey = (pixels != 0) & (pixels != 255)
    grey |= pixels != pixels[:, :, :1]
    if grey.any():
        raise UserError(
            "{}: {} of {} pixels are neither black nor white, such as one of {:g}; a mask is 255 "
            "where measured and 0 where lost, kept without loss (PNG)".format(
                what,
                np.count_nonzero(grey.any(axis=2)),
                pixels.shape[0] * pixels.shape[1],
                pixels[grey][0],
            )
        )
    if pixels.shape[:2] != tuple(shape):
        raise Unfit(
            "{}: the mask has {} x {} pixels and the picture {} x {}; make them alike, for "
            "instance with data.resize or data.crop".format(
                what, *(pixels.shape[:2] + tuple(shape))
            )
        )
    return _checked(pixels[:, :, 0] > 0, what)


def _checked(mask, what):
    if not mask.any():
        raise Unfit("{}: the mask leaves no pixel of {} x {}".format(what, *mask.shape))
    return mask


def _check(fine, key, value, hint):
    if not fine:
        raise UserError("{}={}: give {}".format(key, value, hint))
