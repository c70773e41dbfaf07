"""Networks: their sizes, their convolutions, their symmetries."""

import numpy as np
import pytest
import tensorflow.compat.v1 as tf

from dmsp.denoisers import networks
from dmsp.denoisers.base import Denoiser, macs_per_pixel
from dmsp.errors import UserError
from tests.denoisers.conftest import UNET, random_weights


def run(denoiser, x, sigma, dtype=tf.float32):
    with tf.Graph().as_default(), tf.Session() as session:
        return session.run(denoiser(tf.constant(x, tf.float32), sigma, dtype))


def picture(*shape):
    return np.random.RandomState(1).uniform(0, 255, shape).astype(np.float32)


@pytest.mark.parametrize("size", [(1, 1), (1, 9), (3, 2), (5, 7), (16, 12), (17, 23)])
@pytest.mark.parametrize(
    "architecture",
    [UNET, {"kind": "chain", "channels": [4, 4], "unshuffle": 2, "conditional": True}],
)
def test_output_has_the_size_of_the_input(architecture, size):
    x = picture(2, *size, 3)
    out = run(Denoiser("any", random_weights(architecture)), x, 15.0)
    assert out.shape == x.shape
    assert out.dtype == np.float32
    assert np.all(np.isfinite(out))


def test_chain_is_the_hand_computed_correlation():
    kernels = [np.zeros((3, 3, 3, 1), np.float32), np.zeros((3, 3, 1, 3), np.float32)]
    kernels[0][0, 1, 0, 0] = 2.0  # looks one row up, at red
    kernels[1][1, 2, 0, 1] = 3.0  # looks one column right, into green
    architecture = {"kind": "chain", "channels": [1], "scale": 1.0}
    weights = random_weights(architecture)._replace(
        arrays={
            "conv0": kernels[0],
            "conv1": kernels[1],
            "conv0.bias": np.array([-1.0], np.float32),
            "conv1.bias": np.array([0.0, 0.5, 0.0], np.float32),
        }
    )
    x = np.zeros((1, 4, 4, 3), np.float32)
    x[0, 1, 2, 0] = 10.0
    expected = x.copy()
    expected[..., 1] += 0.5
    # The red of row 1, column 2 is seen in row 2, column 2, and that in row 2, column 1.
    expected[0, 2, 1, 1] += 3.0 * (2.0 * 10.0 - 1.0)
    np.testing.assert_allclose(run(Denoiser("hand", weights), x, 5.0), expected, atol=1e-4)


def correlate(arrays, name, h):
    kernel = arrays[name]
    side = kernel.shape[0]
    padded = np.pad(h, ((side // 2,) * 2, (side // 2,) * 2, (0, 0)), mode="constant")
    return sum(
        padded[row : row + h.shape[0], column : column + h.shape[1]].dot(kernel[row, column])
        for row in range(side)
        for column in range(side)
    )


def block(arrays, prefix, h):
    inner = np.maximum(correlate(arrays, prefix + ".first", h), 0.0)
    return h + correlate(arrays, prefix + ".second", inner)


def to_depth(h):
    return np.concatenate([h[row::2, column::2] for row in range(2) for column in range(2)], -1)


def to_space(h):
    depth = h.shape[-1] // 4
    out = np.empty((2 * h.shape[0], 2 * h.shape[1], depth), h.dtype)
    for index in range(4):
        out[index // 2 :: 2, index % 2 :: 2] = h[..., index * depth : (index + 1) * depth]
    return out


def test_unet_is_the_written_out_network(unet):
    x, sigma, arrays = picture(1, 8, 12, 3), 30.0, unet.arrays
    level = np.full((8, 12, 1), sigma, np.float32)
    h = correlate(arrays, "head", to_depth(np.concatenate([x[0], level], -1) / 255.0))
    skip = block(arrays, "down0.0", h)
    h = block(arrays, "down1.0", correlate(arrays, "reduce0", to_depth(skip)))
    h = block(arrays, "up0.0", to_space(correlate(arrays, "expand0", h)) + skip)
    expected = x[0] + 255.0 * to_space(correlate(arrays, "tail", h))
    np.testing.assert_allclose(
        run(Denoiser("unet", unet), x, sigma)[0], expected, rtol=1e-4, atol=1e-2
    )


def test_chain_without_residual_returns_the_sub_pixels_in_place():
    architecture = {
        "kind": "chain",
        "channels": [12],
        "unshuffle": 2,
        "conditional": True,
        "residual": False,
        "size": 1,
    }
    select = np.zeros((1, 1, 16, 12), np.float32)
    for pixel in range(4):
        for colour in range(3):
            select[0, 0, 4 * pixel + colour, 3 * pixel + colour] = 1.0
    weights = random_weights(architecture)._replace(
        arrays={"conv0": select, "conv1": np.eye(12, dtype=np.float32)[None, None]}
    )
    x = picture(1, 7, 5, 3)
    np.testing.assert_allclose(run(Denoiser("identity", weights), x, 5.0), x, atol=1e-3)


@pytest.mark.parametrize("factor", [0.25, 3.0])
def test_unet_is_homogeneous(unet, factor):
    denoiser, x = Denoiser("unet", unet), picture(1, 11, 14, 3)
    scaled = run(denoiser, factor * x, factor * 20.0)
    np.testing.assert_allclose(scaled, factor * run(denoiser, x, 20.0), rtol=1e-4, atol=1e-2)


def test_noise_level_may_vary_over_batch_and_picture(unet):
    denoiser, x = Denoiser("unet", unet), np.repeat(picture(1, 8, 8, 3), 2, axis=0)
    levels = np.array([5.0, 40.0], np.float32).reshape(2, 1, 1, 1)
    together = run(denoiser, x, levels)
    for index in range(2):
        alone = run(denoiser, x[index : index + 1], float(levels[index].item()))
        np.testing.assert_allclose(together[index], alone[0], atol=1e-3)
    level_map = np.broadcast_to(levels, (2, 8, 8, 1))
    np.testing.assert_allclose(run(denoiser, x, level_map), together, atol=1e-3)
    assert np.abs(together[0] - together[1]).max() > 0.1


def test_bfloat16_is_close_to_float32(unet):
    if int(tf.__version__.split(".")[0]) < 2:
        pytest.skip("TensorFlow 1.15 has no bfloat16 convolution on the CPU")
    denoiser, x = Denoiser("unet", unet), picture(1, 16, 16, 3)
    exact, rounded = run(denoiser, x, 20.0), run(denoiser, x, 20.0, tf.bfloat16)
    change = np.abs(exact - x).mean()
    assert 0 < np.abs(rounded - exact).mean() < 0.02 * change


def test_layers_of_the_unet_cost_what_they_say():
    net = networks.network({"kind": "unet", "channels": [10, 20], "blocks": [1, 2]})
    half = 9 * 16 * 10 + 2 * 2 * 9 * 100 + 9 * 10 * 12
    quarter = 40 * 20 + 2 * 2 * 9 * 400 + 20 * 40
    assert macs_per_pixel(net) == pytest.approx(half / 4.0 + quarter / 16.0)


@pytest.mark.parametrize(
    "architecture, words",
    [
        ({"kind": "unett"}, "did you mean 'unet'"),
        ({"kind": "unet", "channels": [4], "depth": 3}, "depth"),
        ({"kind": "unet", "channels": [4, 4], "blocks": [1]}, "one number for each level"),
    ],
)
def test_unknown_architecture_is_refused(architecture, words):
    with pytest.raises(UserError, match=words):
        networks.network(architecture)
