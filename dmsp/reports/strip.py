"""A picture before and after, side by side on one range of grey: degraded, restored, truth."""

import numpy as np

from dmsp.fonts import dejavu_sans
from dmsp.levels import to_uint8

WHITE, INK, SOFT = (255, 255, 255), (24, 28, 34), (110, 116, 126)
NARROWEST, WIDEST = 280, 1024  # pixels of a panel; smaller ones are enlarged in whole steps
INSET = 0.24  # of a panel's shorter side


def strip(result):
    """Return a picture's strip, uint8 (rows, columns, 3).

    The panels are titled with their dB; the kernel is an inset in the degraded
    one, an estimate of it in the restored one. A smaller observation is enlarged
    without interpolation.

    Args:
        result: :class:`dmsp.reports.PictureResult`.
    """
    from PIL import Image, ImageDraw

    panels = [_degraded(result), _restored(result)]
    if result.truth is not None:
        panels.append((result.truth, "truth", result.name))
    width, height = _panel_size(result.restored.shape)
    text, gap, top = _spaces(width)
    canvas = Image.new("RGB", (len(panels) * (width + gap) + gap, top + height + gap), WHITE)
    draw = ImageDraw.Draw(canvas)
    for i, (pixels, title, figures) in enumerate(panels):
        left = gap + i * (width + gap)
        canvas.paste(_scaled(pixels, (width, height)), (left, top))
        _title(draw, (left, gap // 2), width, text, title, figures)
    for i, kernel in enumerate((result.kernel, result.estimated_kernel)):
        if kernel is None or np.size(kernel) <= 1:
            continue
        inset = _inset(kernel, int(INSET * min(width, height)))
        left = gap + i * (width + gap) + gap // 2
        canvas.paste(inset, (left, top + height - gap // 2 - inset.height))
    return np.asarray(canvas)


def panels(pixels, shape):
    """Return the panels of a strip, without their titles.

    Args:
        pixels: a strip, as :func:`strip` makes it.
        shape: (rows, columns) of the restored picture.

    Returns:
        list of uint8 (rows, columns, 3), in the size of the restored picture:
        degraded, restored and, where it is known, truth.
    """
    from PIL import Image

    width, height = _panel_size(shape)
    _, gap, top = _spaces(width)
    count = (pixels.shape[1] - gap) // (width + gap)
    lefts = [gap + i * (width + gap) for i in range(count)]
    cut = [pixels[top : top + height, left : left + width] for left in lefts]
    size = shape[1], shape[0]
    return [np.asarray(Image.fromarray(panel).resize(size, Image.NEAREST)) for panel in cut]


def _spaces(width):
    """Return the size of the text, the gap between panels, and where panels begin below."""
    text, gap = max(13, min(26, width // 24)), max(10, width // 28)
    return text, gap, gap // 2 + text + text // 2 + gap // 4


def _degraded(result):
    shape = result.degraded.shape
    plain = shape == result.restored.shape
    title = "observed" if result.truth is None else "degraded"
    title = title if plain else "{}, {}×{}".format(title, shape[1], shape[0])
    figures = result.baseline
    if result.psnr_baseline is not None:
        figures = "{} {:.2f} dB".format(result.baseline, result.psnr_baseline).strip()
    return result.degraded, title, figures


def _restored(result):
    figures = []
    if result.psnr is not None:
        figures.append("{:.2f} dB".format(result.psnr))
    if result.psnr is not None and result.psnr_baseline is not None:
        figures[0] += " ({:+.2f})".format(result.psnr - result.psnr_baseline)
    if result.ssim is not None:
        figures.append("SSIM {:.3f}".format(result.ssim))
    if result.truth is None:
        figures.append(result.name)
    stopped = result.status.split(" ")[0]
    title = "restored" if stopped != "diverged" else "diverged, last good"
    return result.restored, title, ", ".join(figures)


def _panel_size(shape):
    """Return a panel's (width, height): small pictures enlarged, very large ones reduced."""
    height, width = shape[:2]
    if max(height, width) > WIDEST:
        scale = WIDEST / float(max(height, width))
    else:
        scale = -(-NARROWEST // width) if width < NARROWEST else 1
    return max(1, int(round(width * scale))), max(1, int(round(height * scale)))


def _scaled(pixels, size):
    from PIL import Image

    pixels = to_uint8(pixels)
    if pixels.shape[2] == 1:
        pixels = np.repeat(pixels, 3, axis=2)
    image = Image.fromarray(pixels)
    smaller = size[0] < image.width or size[1] < image.height
    return image.resize(size, Image.BOX if smaller else Image.NEAREST)


def _title(draw, corner, width, size, title, figures):
    """Write a panel's title at its left, its figures at its right; a long text gets smaller."""
    space = dejavu_sans(size).getlength(title + "  " + figures)
    font = dejavu_sans(max(9, min(size, int(size * width / space))))
    while figures and font.getlength(title + "  " + figures) > width:
        figures = figures[:-2] + "…" if len(figures) > 2 else ""
    left, top = corner
    draw.text((left, top), title, INK, font)
    draw.text((left + width - font.getlength(figures), top), figures, SOFT, font)


def _inset(kernel, side):
    """Return a kernel, enlarged without interpolation, its peak white, in a white frame."""
    from PIL import Image, ImageOps

    kernel = np.asarray(kernel, dtype=np.float64)
    values = to_uint8(255.0 * kernel / max(kernel.max(), 1e-12))
    scale = side / float(max(values.shape))
    scale = int(scale) if scale >= 1 else scale
    size = tuple(max(1, int(round(n * scale))) for n in values.shape[::-1])
    image = Image.fromarray(values).resize(size, Image.NEAREST if scale >= 1 else Image.BOX)
    return ImageOps.expand(image.convert("RGB"), border=2, fill=WHITE)
