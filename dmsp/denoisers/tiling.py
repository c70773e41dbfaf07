"""Large pictures in bounded memory: tile by tile, with what is around each tile."""

from typing import NamedTuple

from dmsp.denoisers.layers import pad_to_multiple
from dmsp.tensorflow import tf


class Axis(NamedTuple):
    """How an axis is cut.

    Windows lie inside the picture, so that a network sees its edges where they
    are. Tiles and windows begin at multiples of the network's grid.

    Attributes:
        size: length, a multiple of the grid.
        tile: length of a tile; the last one ends where the picture does.
        window: length of what the network sees around it.
        halo: what a window has beyond its tile, except at the picture's edge.
        count: number of tiles.
    """

    size: int
    tile: int
    window: int
    halo: int
    count: int

    @classmethod
    def cut(cls, size, tile, halo, multiple):
        """Return the axis in as few tiles as there must be, or in one if a window would cover it.

        The tiles become smaller where they would overlap otherwise.
        """
        if tile + 2 * halo >= size:
            return cls(size, size, size, 0, 1)
        count = -(-size // tile)
        tile = -(-size // (count * multiple)) * multiple
        return cls(size, tile, tile + 2 * halo, halo, count)

    def place(self, index, lower=tf.minimum, higher=tf.maximum):
        """Return where window ``index`` begins, and its tile within the window.

        Args:
            index: scalar tensor.
            lower, higher: of two numbers, :func:`min` and :func:`max` where ``index`` is a number.
        """
        tile = lower(index * self.tile, self.size - self.tile)
        window = lower(higher(tile - self.halo, 0), self.size - self.window)
        return window, tile - window

    def join(self, tiles, axis, length):
        """Return the first ``length`` positions of the tiles, which follow each other on an axis.

        The last tile repeats the end of the one before it where they don't fit evenly.
        """
        overlap = self.count * self.tile - self.size
        if not overlap:
            return _part(tiles, axis, 0, length)
        start = (self.count - 1) * self.tile
        last = _part(tiles, axis, start + overlap, start + overlap + length - start)
        return tf.concat([_part(tiles, axis, 0, start), last], axis)


def tiled(evaluate, x, sigma, tile, halo, multiple):
    """Return ``evaluate(x, sigma)``, computed tile by tile.

    Args:
        evaluate: function of a window (N, h, w, 3) and the noise level there,
            whose result depends on no pixel further away than ``halo``.
        x: float32 (N, H, W, 3), H and W static.
        sigma: noise level: number, (N, 1, 1, 1) or (N, H, W, 1).
        tile: side of a tile; rounded up to ``multiple``.
        halo: pixels around a tile, a multiple of ``multiple``.
        multiple: grid of the network, pixels.
    """
    height, width = int(x.shape[1]), int(x.shape[2])
    x, sigma = pad_to_multiple(x, multiple), tf.cast(sigma, tf.float32)
    varies = sigma.shape.ndims == 4 and max(sigma.shape.as_list()[1:3]) > 1
    if varies:
        sigma = pad_to_multiple(sigma, multiple)
    tile = -(-tile // multiple) * multiple
    rows, columns = (Axis.cut(int(x.shape[axis]), tile, halo, multiple) for axis in (1, 2))
    batch = int(x.shape[0])

    def denoised(i, j):
        (top, down), (left, right) = rows.place(i), columns.place(j)

        def window(of):
            size = [batch, rows.window, columns.window, int(of.shape[3])]
            return tf.slice(of, [0, top, left, 0], size)

        result = evaluate(window(x), window(sigma) if varies else sigma)
        return tf.slice(result, [0, down, right, 0], [batch, rows.tile, columns.tile, 3])

    def strip(i):
        tiles = _each(lambda j: denoised(i, j), columns.count)
        tiles = tf.transpose(tiles, [1, 2, 0, 3, 4])
        tiles = tf.reshape(tiles, [batch, rows.tile, columns.count * columns.tile, 3])
        return columns.join(tiles, 2, width)

    strips = _each(strip, rows.count)
    if batch > 1:
        strips = tf.transpose(strips, [1, 0, 2, 3, 4])
    return rows.join(tf.reshape(strips, [batch, rows.count * rows.tile, width, 3]), 1, height)


def _each(function, count):
    """Return function(0), …, function(count − 1), stacked, computed one after the other."""
    found = tf.TensorArray(tf.float32, count, clear_after_read=True)

    def body(index, found):
        return index + 1, found.write(index, function(index))

    _, found = tf.while_loop(
        lambda index, found: index < count,
        body,
        (tf.constant(0), found),
        parallel_iterations=1,
        back_prop=False,
    )
    return found.stack()


def _part(h, axis, begin, end):
    return h[tuple(slice(begin, end) if a == axis else slice(None) for a in range(4))]
