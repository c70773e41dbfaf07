"""Tiles: the same result as without them."""

import numpy as np
import pytest
import tensorflow.compat.v1 as tf

from dmsp.denoisers import networks, tiling
from dmsp.denoisers.base import Denoiser
from dmsp.errors import UserError
from tests.denoisers.conftest import UNET, random_weights

CHAIN = {"kind": "chain", "channels": [4, 4], "unshuffle": 2, "conditional": True}
DRUNET = {"kind": "drunet", "channels": [4, 5, 6], "blocks": [1, 1, 1]}


def picture(*shape):
    return np.random.RandomState(1).uniform(0, 255, shape).astype(np.float32)


def run(denoiser, x, sigma):
    with tf.Graph().as_default(), tf.Session() as session:
        return session.run(denoiser(tf.constant(x), sigma))


def weights(architecture):
    """Return weights that neither shrink nor blow up what passes through them."""
    found = random_weights(architecture)
    return found._replace(arrays={name: 0.5 * array for name, array in found.arrays.items()})


@pytest.mark.parametrize("architecture", [UNET, CHAIN, DRUNET])
@pytest.mark.parametrize(
    "size, tile", [((90, 75), 16), ((64, 96), 32), ((70, 33), 20), ((20, 97), 7)]
)
def test_tiles_change_nothing(architecture, size, tile):
    x, found = picture(2, *size, 3), weights(architecture)
    level = picture(2, *size, 1) / 5.0
    for sigma in (15.0, level[:, :1, :1], level):
        whole = run(Denoiser("whole", found), x, sigma)
        tiled = run(Denoiser("tiled", found, tile), x, sigma)
        assert tiled.shape == whole.shape
        assert np.abs(tiled - whole).max() < 1e-3
        assert np.abs(whole - x).max() > 1.0


def test_tiles_work_within_a_loop():
    x, found = picture(1, 48, 60, 3), weights(UNET)

    def thrice(denoiser):
        with tf.Graph().as_default(), tf.Session() as session:
            _, last = tf.while_loop(
                lambda k, h: k < 3,
                lambda k, h: (k + 1, 0.5 * denoiser(h, 10.0)),
                (tf.constant(0), tf.constant(x)),
            )
            return session.run(last)

    expected = thrice(Denoiser("whole", found))
    assert np.abs(thrice(Denoiser("tiled", found, 8)) - expected).max() < 1e-3


@pytest.mark.parametrize(
    "architecture",
    [UNET, CHAIN, DRUNET, {"kind": "unet", "channels": [3, 4, 4], "blocks": [2, 1, 2]}],
)
def test_halo_is_how_far_the_network_sees(architecture):
    net = networks.network(architecture)
    halo, side = networks.halo(net), 8 * net.multiple
    size = side + 4 * halo
    size += -size % (2 * net.multiple)
    begin = size // 2 // net.multiple * net.multiple
    denoiser = Denoiser("any", weights(architecture))
    with tf.Graph().as_default(), tf.Session() as session:
        x = tf.constant(picture(1, size, size, 3))
        block = denoiser(x, 10.0)[:, begin : begin + net.multiple, begin : begin + net.multiple]
        (gradient,) = session.run(tf.gradients(block, x))
    rows = np.nonzero(np.abs(gradient).sum(axis=(0, 2, 3)))[0]
    reach = max(begin - rows.min(), rows.max() - (begin + net.multiple - 1))
    assert halo - net.multiple < reach <= halo


def test_halo_by_hand():
    # tail 2, four convolutions 8, rounded to 12; there four 16; back 28; four 8 and head 2.
    net = networks.network({"kind": "unet", "channels": [8, 8], "blocks": [2, 2]})
    assert networks.halo(net) == 40
    assert networks.halo(networks.network(CHAIN)) == 6


def test_tiles_cover_the_axis_once():
    axis = tiling.Axis.cut(100, 24, 8, 4)
    with tf.Graph().as_default(), tf.Session() as session:
        places = [session.run(axis.place(tf.constant(index))) for index in range(axis.count)]
        tiles = np.concatenate(
            [np.arange(20) + window + inside for window, inside in places]
        ).reshape(1, -1, 1, 1)
        joined = session.run(axis.join(tf.constant(tiles), 1, 98))
    assert places == [(0, 0), (12, 8), (32, 8), (52, 8), (64, 16)]
    np.testing.assert_array_equal(joined.ravel(), np.arange(98))


@pytest.mark.parametrize("size, tiles", [(100, (5, 20)), (104, (5, 24)), (44, (2, 24))])
def test_tiles_overlap_no_more_than_the_grid_asks_for(size, tiles):
    axis = tiling.Axis.cut(size, 24, 8, 4)
    assert (axis.count, axis.tile) == tiles
    assert tiling.Axis.cut(40, 24, 8, 4).count == 1


@pytest.mark.parametrize("tile", [0, -8, 1.5, "512", True])
def test_bad_tiles_are_told(tile):
    with pytest.raises(UserError, match="denoiser.tile="):
        Denoiser("any", weights(UNET), tile)
