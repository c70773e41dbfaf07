"""Training pictures, and batches of patches drawn from them."""

import hashlib
import os
import queue
import threading

import numpy as np
from PIL import Image

from dmsp.errors import UserError
from dmsp.images import sizes
from dmsp.images.finding import SUFFIXES
from dmsp.training.colours import changed

MODES = {3: "RGB", 1: "L"}


def read(folder, channels=3):
    """Return the pictures in a folder, {SHA-256 of the pixels: uint8 (H, W, 3)}.

    Equal pictures under different names count once, whatever their file format.

    Args:
        folder: its path.
        channels: 3 for colour, 1 for the luma of ITU-R BT.601 in all three channels.

    Raises:
        UserError: no such folder, no readable picture in it, or another number of channels.
    """
    if channels not in MODES:
        raise UserError("channels={}: give 3 for colour, 1 for grey pictures".format(channels))
    if not os.path.isdir(folder):
        raise UserError("training folder {}: no such folder".format(folder))
    pictures = {}
    for name in sorted(os.listdir(folder)):
        if name.lower().endswith(tuple(SUFFIXES)):
            try:
                with Image.open(os.path.join(folder, name)) as image:
                    pixels = np.array(image.convert("RGB").convert(MODES[channels]).convert("RGB"))
            except (OSError, ValueError):
                continue
            pictures[content_hash(pixels)] = pixels
    if not pictures:
        raise UserError("training folder {}: no readable picture in it".format(folder))
    return pictures


def content_hash(pixels):
    """Return the SHA-256 of a picture's size and pixels."""
    return hashlib.sha256(repr(pixels.shape).encode() + pixels.tobytes()).hexdigest()


def split(pictures, holdout):
    """Return (training, validation) pictures; ``holdout`` of them, drawn by their hash."""
    names = sorted(pictures)
    if holdout >= len(names):
        raise UserError(
            "holdout={}: only {} pictures to train on; hold out fewer".format(holdout, len(names))
        )
    return (
        [pictures[name] for name in names[holdout:]],
        [pictures[name] for name in names[:holdout]],
    )


def refuse_overlap(pictures, folders, channels=3):
    """Raise a UserError if a training picture is also in one of the evaluation folders."""
    for folder in folders:
        shared = set(pictures) & set(read(folder, channels))
        if shared:
            raise UserError(
                "{} training pictures are also in the evaluation folder {}; "
                "remove them from data.path".format(len(shared), folder)
            )


def reduced(picture, scale):
    """Return a uint8 picture reduced to ``scale`` of its sides."""
    if scale >= 1.0:
        return picture
    sides = [max(1, int(round(scale * side))) for side in picture.shape[:2]]
    return sizes.resample(picture, sides).astype(np.uint8)


class Patches:
    """Batches of (uint8 patches, noise levels), each a function of (seed, step) alone.

    Crops are uniform over pictures, their reductions by ``scales`` and positions,
    under the eight flips and quarter turns; a share ``colour`` of them goes through
    :func:`dmsp.training.colours.changed`. Noise levels are uniform in [0, sigma_max],
    but for a share ``low_share`` of them uniform in [0, low_sigma].
    """

    def __init__(
        self,
        pictures,
        batch_size,
        size,
        sigma_max,
        low_sigma,
        low_share,
        seed,
        scales=(1.0,),
        colour=0.0,
    ):
        too_small = [p for p in pictures if min(p.shape[:2]) < size]
        if too_small:
            raise UserError(
                "patch={}: {} training pictures are smaller; lower patch".format(
                    size, len(too_small)
                )
            )
        self.sizes = [
            [reduced(picture, max(scale, size / min(picture.shape[:2]))) for scale in scales]
            for picture in pictures
        ]
        self.batch_size, self.size, self.seed = batch_size, size, seed
        self.sigma_max, self.low_sigma, self.low_share = sigma_max, low_sigma, low_share
        self.colour = colour

    def batch(self, step):
        """Return patches, uint8 (N, size, size, 3), and levels, float32 (N, 1, 1, 1)."""
        rng = np.random.default_rng([self.seed, step])
        patches = np.stack([self._patch(rng) for _ in range(self.batch_size)])
        low = rng.random(self.batch_size) < self.low_share
        limit = np.where(low, self.low_sigma, self.sigma_max)
        sigma = (rng.random(self.batch_size) * limit).astype(np.float32)
        return patches, sigma.reshape(-1, 1, 1, 1)

    def _patch(self, rng):
        sizes = self.sizes[rng.integers(len(self.sizes))]
        picture = sizes[rng.integers(len(sizes))]
        top, left = (rng.integers(side - self.size + 1) for side in picture.shape[:2])
        patch = picture[top : top + self.size, left : left + self.size]
        patch = np.rot90(patch, rng.integers(4))
        patch = patch[::-1] if rng.integers(2) else patch
        return changed(patch, rng) if rng.random() < self.colour else patch

    def stream(self, first, last, ahead=8):
        """Yield the batches of steps ``first`` to ``last - 1``, prepared by a thread ahead."""
        ready, stop = queue.Queue(ahead), threading.Event()

        def put(item):
            while not stop.is_set():
                try:
                    return ready.put(item, timeout=0.2)
                except queue.Full:
                    continue

        def work():
            try:
                for step in range(first, last):
                    put(self.batch(step))
                    if stop.is_set():
                        return
            except BaseException as error:
                put(error)

        threading.Thread(target=work, daemon=True).start()
        try:
            for _ in range(first, last):
                item = ready.get()
                if isinstance(item, BaseException):
                    raise item
                yield item
        finally:
            stop.set()
