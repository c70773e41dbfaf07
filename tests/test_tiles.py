"""How pictures are cut."""

import numpy as np
import pytest

from dmsp.operators import BicubicDownsampling, Identity, Mosaic, SubsampledBlur, ValidBlur
from dmsp.tiles import Cut


@pytest.mark.parametrize("cut", [Cut(16, 8, 8), Cut(24, 8, 4), Cut(9, 6, 3), Cut(64, 0, 1)])
@pytest.mark.parametrize("field", [(5, 200), (97, 31), (131, 257), (64, 64)])
def test_tiles_cover_a_picture_with_equal_windows_inside_it(cut, field):
    covered = np.zeros(field, int)
    tiles, shape = cut.tiles(field), cut.window(field)
    for window, core, place in tiles:
        covered[place] += 1
        for size, n, within, where in zip(shape, field, core, place):
            assert 0 <= within.start < within.stop <= size <= n
            assert within.stop - within.start == where.stop - where.start
        for n, seen, within, where in zip(field, window, core, place):
            assert seen.start >= 0 and seen.stop <= n and seen.start % cut.grid == 0
            assert (n - seen.stop) % cut.grid == 0
            assert where.start - seen.start == within.start
            assert seen.start == 0 or within.start >= cut.halo
            assert seen.stop == n or seen.stop - where.stop >= cut.halo
    assert covered.min() == 1
    assert {tuple(part.stop - part.start for part in tile.window) for tile in tiles} == {shape}


def test_the_grid_is_that_of_network_and_operator_in_observed_pixels():
    kernel = np.full((3, 5), 1 / 15.0, np.float32)
    for operator, grid in (
        (Identity((64, 64)), 8),
        (ValidBlur(kernel, (64, 64)), 8),
        (SubsampledBlur(kernel, (64, 64), 2), 4),
        (SubsampledBlur(kernel, (64, 64), 3), 8),
        (BicubicDownsampling((64, 64), 4), 2),
        (Mosaic((64, 64), "XTRANS"), 24),
    ):
        cut = Cut.fitting(operator, 100, 50, 8)
        assert cut.grid == grid
        assert cut.side * operator.scale >= 100 and cut.halo * operator.scale >= 50
        assert cut.side % grid == cut.halo % grid == 0
