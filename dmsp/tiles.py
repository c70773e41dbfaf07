"""How a picture is cut into tiles, each with what is around it."""

import math
from typing import NamedTuple

from dmsp.denoisers.tiling import Axis


class Tile(NamedTuple):
    """A part of a picture, as slices of rows and columns of observed pixels.

    Attributes:
        window: of the picture, what is restored.
        core: of the window, what is kept of it.
        place: of the picture, where that belongs.
    """

    window: tuple
    core: tuple
    place: tuple


class Cut(NamedTuple):
    """A way to cut pictures; all windows of one are equally large, so that one graph serves them.

    Windows lie inside the picture, so that its sides are where they are without tiles, and begin
    and end at the same places of the network's grid and the operator's as the picture does.

    Attributes:
        side: of a tile, observed pixels.
        halo: what a window has beyond its tile, except at the picture's sides.
        grid: distance of places at which windows may begin, of which the halo is a multiple.
    """

    side: int
    halo: int
    grid: int

    @classmethod
    def fitting(cls, operator, side, halo, multiple):
        """Return the cut for an operator.

        Args:
            operator: A, whose ``period`` is not ``None``.
            side: of a tile, restored pixels.
            halo: of a window, restored pixels.
            multiple: grid of the network, restored pixels.
        """
        period = operator.period or 1
        common = multiple * period // math.gcd(multiple, period)
        grid = common // math.gcd(common, operator.scale)
        side, halo = (-(-n // (operator.scale * grid)) * grid for n in (side, halo))
        return cls(side, halo, grid)

    def tiles(self, field):
        """Return the :class:`Tile` of a picture's field of view, row by row.

        Args:
            field: rows and columns of observed pixels, :attr:`dmsp.operators.Operator.field`.
        """
        rows, columns = (list(self._axis(size)) for size in field)
        return [Tile(*zip(row, column)) for row in rows for column in columns]

    def window(self, field):
        """Return rows and columns of the windows."""
        windows = (next(iter(self._axis(size)))[0] for size in field)
        return tuple(window.stop - window.start for window in windows)

    def _axis(self, size):
        """Yield window, core and place of each tile along an axis."""
        rest = size % self.grid
        axis = Axis.cut(size - rest, self.side, self.halo, self.grid)
        for index in range(axis.count):
            begin, core = axis.place(index, min, max)
            end = core + axis.tile + (rest if index == axis.count - 1 else 0)
            yield (
                slice(begin, begin + axis.window + rest),
                slice(core, end),
                slice(begin + core, begin + end),
            )
