"""MatConvNet files: read by hand-made files everywhere, compared with the published where it is."""

import os

import numpy as np
import pytest
import scipy.io
import tensorflow.compat.v1 as tf

from dmsp import denoisers
from dmsp.errors import UserError

REFERENCE = os.path.join(
    os.path.dirname(os.path.abspath(__file__)), "..", "..", "..", "shared", "reference"
)


def reference(name):
    path = os.path.join(REFERENCE, name)
    if not os.path.exists(path):
        pytest.skip("{} is not here".format(name))
    return path


def run(denoiser, x, sigma=11.0):
    with tf.Graph().as_default(), tf.Session() as session:
        return session.run(denoiser(tf.constant(x, tf.float32), sigma))


def conv(kernel, bias):
    weights = np.empty((1, 2), dtype=object)
    weights[0, 0], weights[0, 1] = kernel, bias
    return {"type": "conv", "weights": weights}


def save_version_5(path, layers, bare=False):
    cells = np.empty((1, len(layers)), dtype=object)
    cells[0, :] = layers
    scipy.io.savemat(str(path), {"net": cells if bare else {"layers": cells}})
    return str(path)


def two_layers(inputs, outputs, width=5, seed=0):
    rng = np.random.RandomState(seed)
    kernels = [
        rng.standard_normal((3, 3, inputs, width)),
        rng.standard_normal((3, 3, width, outputs)),
    ]
    biases = [rng.standard_normal((width, 1)), rng.standard_normal((outputs, 1))]
    return kernels, biases


def correlate(x, kernel, bias):
    """Return the correlation with zeros outside, one multiplication at a time."""
    rows, columns = kernel.shape[:2]
    padded = np.pad(x, ((rows // 2,) * 2, (columns // 2,) * 2, (0, 0)), mode="constant")
    out = np.zeros(x.shape[:2] + kernel.shape[3:]) + bias.ravel()
    for row in range(rows):
        for column in range(columns):
            part = padded[row : row + x.shape[0], column : column + x.shape[1]]
            out += part.dot(kernel[row, column])
    return out


def stack(x, kernels, biases):
    hidden = np.maximum(correlate(x, kernels[0], biases[0]), 0.0)
    return correlate(hidden, kernels[1], biases[1])


def picture(rows, columns):
    return np.random.RandomState(3).uniform(0, 255, (rows, columns, 3))


def test_bare_list_is_bgr_with_rows_and_columns_exchanged(tmp_path):
    kernels, biases = two_layers(3, 3)
    path = save_version_5(
        tmp_path / "net_sigma7.mat",
        [conv(kernels[0], biases[0]), {"type": "relu"}, conv(kernels[1], biases[1])],
        bare=True,
    )
    denoiser, x = denoisers.matconvnet(path), picture(6, 5)
    there = x.transpose(1, 0, 2)[..., ::-1]
    expected = (there + stack(there, kernels, biases)).transpose(1, 0, 2)[..., ::-1]
    np.testing.assert_allclose(run(denoiser, x[None])[0], expected, rtol=1e-4, atol=1e-2)
    assert (denoiser.conditional, denoiser.sigma) == (False, 7.0)


def test_dncnn_subtracts_what_it_finds(tmp_path):
    kernels, biases = two_layers(3, 3)
    layers = [
        conv(kernels[0], biases[0]),
        {"type": "relu"},
        conv(kernels[1], biases[1]),
        {"type": "loss"},
    ]
    denoiser = denoisers.matconvnet(save_version_5(tmp_path / "dncnn.mat", layers), sigma=25)
    x = picture(5, 6)
    expected = x - 255.0 * stack(x / 255.0, kernels, biases)
    np.testing.assert_allclose(run(denoiser, x[None])[0], expected, rtol=1e-4, atol=1e-1)
    assert denoiser.sigma == 25


def test_ffdnet_sorts_sub_pixels_by_colour_column_row(tmp_path):
    kernels, biases = two_layers(13, 12)
    layers = [
        {"type": "SubP"},
        {"type": "concat"},
        conv(kernels[0], biases[0]),
        {"type": "relu"},
        conv(kernels[1], biases[1]),
        {"type": "SubP"},
    ]
    denoiser = denoisers.matconvnet(save_version_5(tmp_path / "ffdnet.mat", layers))
    x, sigma = picture(6, 4), 30.0
    order = [
        (row, column, colour) for colour in range(3) for column in range(2) for row in range(2)
    ]
    there = np.stack(
        [x[row::2, column::2, colour] for row, column, colour in order] + [np.full((3, 2), sigma)],
        axis=-1,
    )
    found = 255.0 * stack(there / 255.0, kernels, biases)
    expected = np.empty_like(x)
    for channel, (row, column, colour) in enumerate(order):
        expected[row::2, column::2, colour] = found[..., channel]
    np.testing.assert_allclose(run(denoiser, x[None], sigma)[0], expected, rtol=1e-4, atol=1e-1)
    assert (denoiser.conditional, denoiser.sigma) == (True, None)


def test_published_dae_gives_its_published_output():
    denoiser = denoisers.matconvnet(reference("DAE_sigma11.mat"))
    with np.load(reference("dmsp_steps.npz"), allow_pickle=False) as steps:
        x, expected = steps["dae_input"], steps["dae_output"]
    assert np.abs(run(denoiser, x[None])[0] - expected).max() < 0.01
    assert (denoiser.sigma, denoiser.macs_per_pixel) == (11.0, 667008)


def test_ffdnet_of_version_7_3_denoises():
    denoiser = denoisers.matconvnet(reference("FFDNet_color.mat"))
    with np.load(reference("dmsp_steps.npz"), allow_pickle=False) as steps:
        clean = steps["gt"]
    noise = np.random.RandomState(0).standard_normal(clean.shape)
    restored = run(denoiser, (clean + 25.0 * noise)[None], 25.0)[0]
    assert np.sqrt(np.mean((restored - clean) ** 2)) < 10.0


@pytest.mark.parametrize(
    "layers, words",
    [
        ([], "expected a stack of convolutions, found 0"),
        ([(1, 1)], "it is a network of grey pictures"),
        ([(7, 3)], "found 7 channels in and 3 out"),
        (["pool"], "found 'pool' as layer 1"),
    ],
)
def test_other_networks_are_told(tmp_path, layers, words):
    cells = []
    for layer in layers:
        if isinstance(layer, str):
            cells.append({"type": layer})
        else:
            kernels, biases = two_layers(*layer)
            cells += [conv(kernels[0], biases[0]), conv(kernels[1], biases[1])]
    path = save_version_5(tmp_path / "odd.mat", [*cells, {"type": "relu"}])
    with pytest.raises(UserError, match=words) as caught:
        denoisers.matconvnet(path)
    assert "\n" not in str(caught.value)


def test_layers_that_do_not_follow_are_told(tmp_path):
    first, second = two_layers(3, 3, width=5), two_layers(3, 3, width=6)
    path = save_version_5(
        tmp_path / "gap.mat", [conv(first[0][0], first[1][0]), conv(second[0][1], second[1][1])]
    )
    with pytest.raises(UserError, match="layer 2 expects 6 channels, but the one before it gives"):
        denoisers.matconvnet(path)


@pytest.mark.parametrize("content", [b"", b"not a matrix" * 20, b"MATLAB 7.3 MAT-file" * 9])
def test_damaged_files_are_told_in_one_line(tmp_path, content):
    path = tmp_path / "bad.mat"
    path.write_bytes(content)
    with pytest.raises(UserError, match="damaged or different") as caught:
        denoisers.matconvnet(str(path))
    assert "\n" not in str(caught.value)


def test_truncated_published_file_is_told(tmp_path):
    with open(reference("DAE_sigma11.mat"), "rb") as stream:
        (tmp_path / "cut.mat").write_bytes(stream.read()[:100000])
    with pytest.raises(UserError, match="damaged or different"):
        denoisers.matconvnet(str(tmp_path / "cut.mat"))


def test_missing_file_is_told(tmp_path):
    with pytest.raises(UserError, match="No such file"):
        denoisers.matconvnet(str(tmp_path / "none.mat"))
