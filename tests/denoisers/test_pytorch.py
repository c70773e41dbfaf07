"""PyTorch's networks, written out by hand."""

import numpy as np
import pytest
import tensorflow.compat.v1 as tf

from dmsp import denoisers
from dmsp.errors import UserError
from tests.denoisers.test_matconvnet import correlate, picture
from tests.denoisers.torch_files import save_safetensors

CHANNELS, BLOCKS = [3, 4, 5, 6], 2


def run(denoiser, x, sigma=11.0):
    with tf.Graph().as_default(), tf.Session() as session:
        return session.run(denoiser(tf.constant(x[None], tf.float32), sigma))[0]


def kernel(rng, outputs, inputs, side=3):
    scale = np.sqrt(2.0 / (inputs * side * side))
    return (scale * rng.standard_normal((outputs, inputs, side, side))).astype(np.float32)


def stack(names, widths, bias=True):
    """Return the tensors of convolutions that follow each other."""
    rng, tensors = np.random.RandomState(4), {}
    for name, inputs, outputs in zip(names, widths, widths[1:]):
        tensors[name + ".weight"] = kernel(rng, outputs, inputs)
        if bias:
            tensors[name + ".bias"] = rng.standard_normal(outputs).astype(np.float32)
    return tensors


def kair(*widths):
    return stack(["model.{}".format(2 * index) for index in range(len(widths) - 1)], widths)


def deepinv(*widths):
    inner = ["conv_list.{}".format(index) for index in range(len(widths) - 3)]
    return stack(["in_conv", *inner, "out_conv"], widths)


def drunet(inputs=4, outputs=3, bias=False):
    """Return the tensors of a small DRUNet."""
    rng, tensors = np.random.RandomState(5), {}

    def put(name, to, of, side=3):
        # Reduced, so that twenty layers neither shrink nor blow up what passes through them.
        tensors[name + ".weight"] = 0.7 * kernel(rng, to, of, side)
        if bias:
            count = of if name.startswith("m_up") and name.endswith(".0") else to
            tensors[name + ".bias"] = rng.standard_normal(count).astype(np.float32)

    def blocks(prefix, first, width):
        for block in range(first, first + BLOCKS):
            put("{}.{}.res.0".format(prefix, block), width, width)
            put("{}.{}.res.2".format(prefix, block), width, width)

    put("m_head", CHANNELS[0], inputs)
    for level, (fine, coarse) in enumerate(zip(CHANNELS, CHANNELS[1:]), 1):
        blocks("m_down{}".format(level), 0, fine)
        put("m_down{}.{}".format(level, BLOCKS), coarse, fine, 2)
        put("m_up{}.0".format(level), coarse, fine, 2)  # a transposed one: [inputs, outputs, …]
        blocks("m_up{}".format(level), 1, fine)
    blocks("m_body", 0, CHANNELS[-1])
    put("m_tail", outputs, CHANNELS[0])
    return tensors


def convolved(tensors, name, h):
    weight = tensors[name + ".weight"]
    bias = tensors.get(name + ".bias", np.zeros(len(weight)))
    return correlate(h, weight.transpose(2, 3, 1, 0), bias)


def stacked(tensors, names, h):
    for name in names[:-1]:
        h = np.maximum(convolved(tensors, name, h), 0.0)
    return convolved(tensors, names[-1], h)


def test_dncnn_of_kair_subtracts(tmp_path):
    tensors, x = kair(3, 4, 5, 3), picture(6, 5)
    denoiser = denoisers.pytorch(save_safetensors(tmp_path / "a_sigma25.safetensors", tensors))
    expected = x - 255.0 * stacked(tensors, ["model.0", "model.2", "model.4"], x / 255.0)
    np.testing.assert_allclose(run(denoiser, x), expected, rtol=1e-4, atol=1e-1)
    assert (denoiser.conditional, denoiser.sigma) == (False, 25.0)


def test_dncnn_of_deepinv_adds(tmp_path):
    tensors, x = deepinv(3, 4, 5, 4, 3), picture(6, 5)
    path = save_safetensors(tmp_path / "dncnn.safetensors", tensors)
    names = ["in_conv", "conv_list.0", "conv_list.1", "out_conv"]
    expected = x + 255.0 * stacked(tensors, names, x / 255.0)
    denoiser = denoisers.pytorch(path, sigma=2)
    np.testing.assert_allclose(run(denoiser, x), expected, rtol=1e-4, atol=1e-1)
    assert denoiser.sigma == 2


def test_batch_normalisation_is_part_of_the_convolution(tmp_path):
    tensors, x = stack(["model.0", "model.2", "model.5"], [3, 4, 5, 3]), picture(6, 5)
    rng = np.random.RandomState(0)
    mean, gain, shift = rng.standard_normal((3, 5)).astype(np.float32)
    variance = rng.uniform(0.5, 2.0, 5).astype(np.float32)
    for part, value in (
        ("weight", gain),
        ("bias", shift),
        ("running_mean", mean),
        ("running_var", variance),
        ("num_batches_tracked", 7.0),
    ):
        tensors["model.3." + part] = value
    h = np.maximum(convolved(tensors, "model.0", x / 255.0), 0.0)
    h = gain * (convolved(tensors, "model.2", h) - mean) / np.sqrt(variance + 1e-4) + shift
    expected = x - 255.0 * convolved(tensors, "model.5", np.maximum(h, 0.0))
    denoiser = denoisers.pytorch(save_safetensors(tmp_path / "bn.safetensors", tensors))
    np.testing.assert_allclose(run(denoiser, x), expected, rtol=1e-4, atol=1e-1)


def test_fdncnn_is_told_the_level_and_gives_the_picture(tmp_path):
    tensors, x = kair(4, 4, 3), picture(6, 5)
    denoiser = denoisers.pytorch(save_safetensors(tmp_path / "a.safetensors", tensors))
    there = np.concatenate([x, np.full((6, 5, 1), 40.0)], -1) / 255.0
    expected = 255.0 * stacked(tensors, ["model.0", "model.2"], there)
    np.testing.assert_allclose(run(denoiser, x, 40.0), expected, rtol=1e-4, atol=1e-1)


def test_ffdnet_sorts_sub_pixels_by_colour_row_column(tmp_path):
    tensors, x, sigma = kair(13, 5, 12), picture(6, 4), 30.0
    denoiser = denoisers.pytorch(save_safetensors(tmp_path / "ffdnet.safetensors", tensors))
    order = [
        (row, column, colour) for colour in range(3) for row in range(2) for column in range(2)
    ]
    there = np.stack(
        [x[row::2, column::2, colour] for row, column, colour in order] + [np.full((3, 2), sigma)],
        axis=-1,
    )
    found = 255.0 * stacked(tensors, ["model.0", "model.2"], there / 255.0)
    expected = np.empty_like(x)
    for channel, (row, column, colour) in enumerate(order):
        expected[row::2, column::2, colour] = found[..., channel]
    np.testing.assert_allclose(run(denoiser, x, sigma), expected, rtol=1e-4, atol=1e-1)
    assert (denoiser.conditional, denoiser.sigma) == (True, None)


def drunet_by_hand(tensors, h):
    def blocks(prefix, first, h):
        for block in range(first, first + BLOCKS):
            name = "{}.{}.res.".format(prefix, block)
            h = h + stacked(tensors, [name + "0", name + "2"], h)
        return h

    def reduced(name, h):
        weight = tensors[name + ".weight"]
        parts = [
            h[row::2, column::2].dot(weight[:, :, row, column].T)
            for row in (0, 1)
            for column in (0, 1)
        ]
        return sum(parts) + tensors.get(name + ".bias", 0.0)

    def expanded(name, h):
        weight = tensors[name + ".weight"]
        out = np.empty((2 * h.shape[0], 2 * h.shape[1], weight.shape[1]))
        for row in (0, 1):
            for column in (0, 1):
                out[row::2, column::2] = h.dot(weight[:, :, row, column])
        return out + tensors.get(name + ".bias", 0.0)

    kept = [convolved(tensors, "m_head", h)]
    for level in (1, 2, 3):
        h = blocks("m_down{}".format(level), 0, kept[-1])
        kept.append(reduced("m_down{}.{}".format(level, BLOCKS), h))
    h = blocks("m_body", 0, kept[-1])
    for level in (3, 2, 1):
        h = expanded("m_up{}.0".format(level), h + kept[level])
        h = blocks("m_up{}".format(level), 1, h)
    return convolved(tensors, "m_tail", h + kept[0])


@pytest.mark.parametrize("bias", [False, True])
def test_drunet_is_the_written_out_network(tmp_path, bias):
    tensors, x, sigma = drunet(bias=bias), picture(16, 24), 20.0
    denoiser = denoisers.pytorch(save_safetensors(tmp_path / "drunet.safetensors", tensors))
    there = np.concatenate([x, np.full((16, 24, 1), sigma)], -1) / 255.0
    expected = 255.0 * drunet_by_hand(tensors, there)
    np.testing.assert_allclose(run(denoiser, x, sigma), expected, rtol=1e-4, atol=0.02)
    assert (denoiser.conditional, denoiser.sigma) == (True, None)
    assert run(denoiser, picture(13, 9), sigma).shape == (13, 9, 3)


def without(tensors, name):
    return {key: array for key, array in tensors.items() if key != name}


def shaped(tensors, name, *shape):
    return dict(tensors, **{name: np.zeros(shape)})


@pytest.mark.parametrize(
    "tensors, words",
    [
        ({"conv1.weight": np.zeros(2)}, r"expected the tensors of DnCNN.*found conv1\.weight"),
        (kair(1, 4, 1), "found 1 channels in and 1 out; it is a network of grey pictures"),
        (kair(5, 4, 4), "found 5 channels in and 4 out; it is a network of grey pictures"),
        (deepinv(1, 4, 4, 1), "it is a network of grey pictures"),
        (drunet(2, 1), "found 2 channels in and 1 out; it is a network of grey pictures"),
        (drunet(3, 3), "found 3 channels in and 3 out"),
        (kair(3, 4, 4, 4, 4, 4, 4, 3), "7 layers, which are IRCNN's dilated convolutions"),
        (without(drunet(), "m_body.1.res.2.weight"), r"tensor m_body\.1\.res\.2\.weight of 4 axes"),
        (shaped(drunet(), "m_head.weight", 4), r"m_head\.weight of 4 axes, found shape \(4,\)"),
        (shaped(drunet(), "p.w", 1), "expected DRUNet, found 1 more tensors, first p.w"),
        (shaped(kair(3, 4, 3), "model.1.weight", 1), "more tensors, first model.1.weight"),
        (without(kair(3, 4, 4, 3), "model.2.weight"), r"its tensor model\.2\.weight of 4 axes"),
        (shaped(drunet(), "m_up2.0.weight", 5, 9, 2, 2), r"expected expand1 of shape \(1, 1, 5, "),
    ],
)
def test_other_networks_are_told(tmp_path, tensors, words):
    path = save_safetensors(tmp_path / "odd.safetensors", tensors)
    with pytest.raises(UserError, match=words) as caught:
        denoisers.pytorch(path)
    assert "\n" not in str(caught.value)
