"""Training pictures on the device, and batches of patches drawn from them there."""

import hashlib
import math
import os

import numpy as np
import torch
from PIL import Image

SUFFIXES = (".jpg", ".jpeg", ".png", ".bmp", ".tif", ".tiff", ".webp")
REDUCTIONS = (0.7, 0.5)
SATURATION, GAIN, GAMMA = (0.7, 3.0), 1.4, 1.5


def read(folders):
    """Return the pictures in folders, {SHA-256 of size and pixels: uint8 (H, W, 3)}."""
    pictures = {}
    for folder in folders:
        for name in sorted(os.listdir(folder)):
            if name.lower().endswith(SUFFIXES):
                with Image.open(os.path.join(folder, name)) as image:
                    pixels = np.array(image.convert("RGB"))
                key = hashlib.sha256(repr(pixels.shape).encode() + pixels.tobytes()).hexdigest()
                pictures[key] = pixels
    return pictures


def split(pictures, holdout):
    """Return (training, validation) pictures; ``holdout`` of them, drawn by their hash."""
    names = sorted(pictures)
    return [pictures[n] for n in names[holdout:]], [pictures[n] for n in names[:holdout]]


def reduced(picture, scale):
    """Return a uint8 picture reduced to ``scale`` of its sides."""
    sides = [int(round(scale * side)) for side in picture.shape[1::-1]]
    return np.array(Image.fromarray(picture).resize(sides, Image.BICUBIC))


def luma(x):
    """Return the luma of ITU-R BT.601, (N, 1, H, W), of pictures, rounded to grey levels."""
    red, green, blue = x.split(1, dim=1)
    return (0.299 * red + 0.587 * green + 0.114 * blue).round()


class Patches:
    """Batches of square patches, float32 (N, 3, size, size) in grey levels.

    A picture is drawn with the square root of its number of pixels for weight, so that large
    ones do not outweigh the many, at its own size or reduced; crops are uniform, under the
    eight flips and quarter turns. Other colours are those of ``dmsp.training.colours``.

    Args:
        pictures: uint8 (H, W, 3).
        options: of the command line: batch, patch, colour, grey, reduced.
        device: where pixels lie and patches are made.
    """

    def __init__(self, pictures, options, device):
        self.options, self.device = options, device
        sizes, weights = [], []
        for picture in pictures:
            scales = [s for s in REDUCTIONS if s * min(picture.shape[:2]) >= options.patch]
            weight = np.sqrt(picture.shape[0] * picture.shape[1])
            sizes.append(picture)
            weights.append(weight * (1.0 - options.reduced if scales else 1.0))
            sizes += [reduced(picture, scale) for scale in scales]
            weights += [weight * options.reduced / len(scales)] * len(scales)
        ends = np.cumsum([0] + [picture.size // 3 for picture in sizes])
        self.pixels = torch.from_numpy(np.concatenate([p.reshape(-1, 3) for p in sizes])).to(device)
        self.first = torch.tensor(ends[:-1], device=device)
        self.sides = torch.tensor([picture.shape[:2] for picture in sizes], device=device)
        shares = torch.tensor(weights, dtype=torch.float64).cumsum(0)
        self.shares = (shares / shares[-1]).float().to(device)

    def batch(self):
        """Return patches and whether each is grey, bool (N, 1, 1, 1)."""
        count, size = self.options.batch, self.options.patch
        drawn = torch.rand(count, device=self.device)
        which = torch.searchsorted(self.shares, drawn).clamp(max=len(self.first) - 1)
        free = self.sides[which] - size + 1
        corner = (torch.rand(count, 2, device=self.device) * free).long()
        row, column = self._oriented(count, size)
        width = self.sides[which, 1].reshape(-1, 1, 1)
        start = self.first[which].reshape(-1, 1, 1)
        row = row + corner[:, 0].reshape(-1, 1, 1)
        column = column + corner[:, 1].reshape(-1, 1, 1)
        x = self.pixels[start + row * width + column].permute(0, 3, 1, 2).float()
        x = torch.where(self._chosen(self.options.colour), self._recoloured(x), x)
        grey = self._chosen(self.options.grey)
        return torch.where(grey, luma(x), x), grey

    def _chosen(self, share):
        return torch.rand(self.options.batch, 1, 1, 1, device=self.device) < share

    def _oriented(self, count, size):
        """Return the rows and columns (N, size, size) of patches under flips and turns."""
        line = torch.arange(size, device=self.device)
        row, column = line.reshape(1, -1, 1), line.reshape(1, 1, -1)
        flip = torch.rand(3, count, 1, 1, device=self.device) < 0.5
        row = torch.where(flip[0], size - 1 - row, row).expand(count, size, size)
        column = torch.where(flip[1], size - 1 - column, column).expand(count, size, size)
        return torch.where(flip[2], column, row), torch.where(flip[2], row, column)

    def _recoloured(self, x):
        count = len(x)

        def spread(*shape):
            return 2.0 * torch.rand(count, *shape, 1, 1, device=self.device) - 1.0

        order = torch.rand(count, 3, device=self.device).argsort(1).reshape(count, 3, 1, 1)
        x = torch.gather(x, 1, order.expand_as(x))
        low, high = math.log(SATURATION[0]), math.log(SATURATION[1])
        saturation = torch.exp(0.5 * (low + high + (high - low) * spread(1)))
        mean = x.mean(1, keepdim=True)
        x = torch.exp(math.log(GAIN) * spread(3)) * (mean + saturation * (x - mean)) / 255.0
        return (255.0 * x.clamp(0, 1) ** torch.exp(math.log(GAMMA) * spread(3))).round()
