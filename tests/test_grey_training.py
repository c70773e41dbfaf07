"""Training for grey pictures, and from weights that are there."""

import pathlib

import numpy as np
import pytest
import tensorflow.compat.v1 as tf
from PIL import Image
from test_run import launch
from test_training import TINY, folder, settings

from dmsp import runtime
from dmsp.denoisers import storage
from dmsp.errors import UserError
from dmsp.training import graph, patches, train, validation

__all__ = ["folder"]  # the fixture


def test_grey_pictures_are_the_luma(folder):
    colour, grey = patches.read(folder), patches.read(folder, 1)
    assert len(grey) == len(colour)
    luma = sorted(np.round(p @ [0.299, 0.587, 0.114]).mean() for p in colour.values())
    for picture in grey.values():
        assert picture.shape == (40, 36, 3) and (picture == picture[:, :, :1]).all()
    np.testing.assert_allclose(sorted(p.mean() for p in grey.values()), luma, atol=0.6)
    with pytest.raises(UserError, match="channels=2: give 3 for colour, 1 for grey"):
        patches.read(folder, 2)


def test_channels_share_the_noise_and_its_level_is_told_as_more():
    told = []
    net = graph.networks.network(TINY)
    values = graph.initial_values(net, 0)
    with tf.Graph().as_default(), tf.Session() as session:
        built = graph.Graph(net, (2, 8, 8, 3), tf.float32, 1.0, values, runtime.cpu(), channels=1)
        assert built.noise.noise.shape.as_list() == [2, 8, 8, 1]
        check = validation.Validation(
            [np.full((16, 16, 3), 100, np.uint8)],
            lambda x, sigma: told.append((x, sigma)) or x,
            [10.0],
            seed=0,
            copies=built.copies,
        )
        assert check(session)[10.0] == pytest.approx(20 * np.log10(25.5), abs=1.0)
        (x, sigma) = told[0]
        assert session.run(sigma, {check._sigma: 10.0}) == pytest.approx(np.sqrt(300.0))
    noisy = validation.noisy(np.zeros((4, 4, 3)), 10.0, 0, 0, copies=3)
    assert noisy.shape == (4, 4, 3) and (noisy == noisy[:, :, :1]).all() and noisy.std() > 5


def test_the_card_says_what_it_was_trained_for(folder, tmp_path):
    result = train(settings(2, channels=1), [folder], str(tmp_path / "out"))
    text = pathlib.Path(result["card"]).read_text(encoding="utf-8")
    assert "denoiser of grey pictures" in text and "√3 times its level is told" in text
    assert "| begun with | random weights |" in text


def test_a_training_may_begin_with_weights(folder, tmp_path):
    first = train(settings(4), [folder], str(tmp_path / "first"))["weights"]
    still = settings(1, learning_rate=0.0, start=first)
    second = train(still, [folder], str(tmp_path / "second"))
    expected = storage.load(first).arrays
    for name, array in storage.load(second["weights"]).arrays.items():
        np.testing.assert_array_equal(array, expected[name])
    card = pathlib.Path(second["card"]).read_text(encoding="utf-8")
    assert "| begun with | {} |".format(first) in card


def test_weights_of_another_network_are_no_beginning(folder, tmp_path):
    with pytest.raises(UserError, match="expected .* found"):
        train(settings(1, start="bundled"), [folder], str(tmp_path / "out"))


def test_the_bundled_weights_for_grey_pictures_refuse_colour(tmp_path):
    overrides = ["denoiser=grey", "data.limit=1", "data.crop=48", "num_iter=2", "tracking=none"]
    code, _, err = launch(tmp_path, *overrides)
    assert code == 2
    assert "denoiser grey is for grey pictures; take denoiser=default for colour" in err
    Image.fromarray(np.tile(np.uint8([[0, 90], [200, 40]]), (24, 24))).save(str(tmp_path / "g.png"))
    code, out, _ = launch(tmp_path, *overrides, "data=folder", "data.path={}".format(tmp_path))
    assert code == 0 and "1 picture restored" in out
