"""Whether the memory holds a restoration whole, and in which tiles it is done else."""

import math

from dmsp import memory
from dmsp.config import AUTO
from dmsp.denoisers.networks import halo
from dmsp.errors import Unfit
from dmsp.tiles import Cut

SIDES = (2048, 1024, 512, 256)  # of tiles, restored pixels: larger ones cost less at their rims


class Planning:
    """Decides how pictures of a shape are restored.

    Args:
        tile: side of the tiles in restored pixels, for all larger pictures;
            :data:`dmsp.config.AUTO`: only where the memory does not hold them whole, as large as
            it allows; ``None``: never.
        free: bytes of memory that there are, ``None`` where that cannot be told.
        denoiser: :class:`dmsp.denoisers.Denoiser`.
        optimizer: one of :mod:`dmsp.optimizers`.
    """

    def __init__(self, tile, free, denoiser, optimizer):
        self._tile = tile
        self._free = free
        self._denoiser = denoiser
        self._iterative = hasattr(optimizer, "accuracy")

    def __call__(self, operator, count, why_whole=""):
        """Return the :class:`dmsp.tiles.Cut` of pictures, ``None`` where they are restored whole.

        Args:
            operator: A of them.
            count: how many are restored together.
            why_whole: what keeps them from being cut beside their operator, if anything.

        Raises:
            Unfit: they must not be cut, or are too large either way.
        """
        if operator.period is None:
            why_whole = "task.boundary=valid can be restored in tiles, and others cannot"
        if self._tile not in (AUTO, None):
            cut = self._cut(operator, self._tile)
            if len(cut.tiles(operator.field)) == 1:
                cut = None
            elif why_whole:
                raise Unfit("tile={}: {}; add tile=null".format(self._tile, why_whole))
        else:
            cut = None
        size = self._size(operator, cut, count)
        if self._free is None or size <= self._free:
            return cut
        if self._tile == AUTO and not why_whole:
            for side in SIDES:
                cut = self._cut(operator, side)
                if self._size(operator, cut, count) <= self._free:
                    return cut
        raise Unfit(self._refusal(operator, count, size, why_whole))

    def cut(self, operator, like):
        """Return the cut for another operator, with the tiles of one there is."""
        return self._cut(operator, like.side * operator.scale)

    def _cut(self, operator, side):
        network = self._denoiser.network
        return Cut.fitting(operator, side, reach(operator, network), network.multiple)

    def _size(self, operator, cut, count):
        """Return the bytes that a restoration takes, about."""
        width = 0 if self._denoiser.tile else self._denoiser.width
        iterative = self._iterative and not operator.closed_form
        rows, columns = operator.latent_shape
        if cut is None:
            return memory.needed(count * rows * columns, width, iterative)
        height, breadth = operator.latent_shape_behind(cut.window(operator.field))
        held = memory.HELD * memory.PICTURE * count * rows * columns
        return held + memory.needed(height * breadth, width, iterative)

    def _refusal(self, operator, count, size, why_whole):
        rows, columns = operator.latent_shape
        pixels = rows * columns
        crop = int(math.sqrt(0.8 * pixels * self._free / size))
        keys = ["take a part with data.crop={}".format(crop)]
        keys += ["a lower batch_size"] * (count > 1)
        keys += ["or add tile=auto"] * (self._tile is None and not why_whole)
        keys += ["or set denoiser.tile=1024"] * (self._denoiser.tile is None and bool(why_whole))
        return "{}{} x {} pixels need about {:.1f} GB of memory, and {:.1f} are free; {}".format(
            "{} times ".format(count) if count > 1 else "",
            *(rows, columns, size / 1e9, self._free / 1e9),
            ", ".join(keys),
        )


def reach(operator, network):
    """Return how many pixels around a tile are restored with it."""
    kernel = 0 if operator.kernel is None else max(operator.kernel.shape)
    return kernel + halo(network)
