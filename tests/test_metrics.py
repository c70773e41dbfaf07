"""PSNR and SSIM by hand, and on the device as on the host."""

import numpy as np
import pytest
import tensorflow.compat.v1 as tf

from dmsp import device_metrics, metrics
from dmsp.errors import UserError
from dmsp.metrics import Protocol, protocol, psnr, ssim
from dmsp.operators import BicubicDownsampling


def noisy(picture, sigma=12.0):
    return picture + sigma * np.random.RandomState(0).randn(*picture.shape).astype(np.float32)


def test_psnr_by_hand():
    truth = np.full((4, 5, 3), 100.0)
    assert psnr(truth + 1, truth, Protocol()) == pytest.approx(48.1308, abs=1e-4)
    assert psnr(truth, truth, Protocol()) == float("inf")


def test_rounding_is_part_of_the_protocol():
    truth = np.full((4, 5, 3), 100.0)
    assert psnr(truth + 0.4, truth, Protocol()) == float("inf")
    assert psnr(truth + 0.4, truth, Protocol(quantise=False)) < 60


def test_border_is_left_out():
    truth = np.zeros((6, 8, 3))
    estimate = truth.copy()
    estimate[0], estimate[:, :2] = 50, 50
    assert psnr(estimate, truth, Protocol((1, 2))) == float("inf")
    assert psnr(estimate, truth, Protocol((0, 2))) < 30
    assert psnr(estimate, truth, Protocol((1, 1))) < 30


def test_the_name_says_it_all():
    assert Protocol((12, 17)).name == "RGB, border 12x17, rounded to uint8, range 255"


def test_luminance_by_hand():
    """White is 235, black 16, pure green 16 + 128.553, and colour alone counts little."""
    colours = np.array([[[255, 255, 255], [0, 0, 0], [0, 255, 0]]], np.float32)
    found = Protocol(colour="luminance").prepare(colours)
    np.testing.assert_array_equal(found, [[[235], [16], [145]]])
    assert Protocol(quantise=False, colour="luminance").prepare(colours)[0, 2] == pytest.approx(
        144.553, abs=1e-4
    )
    assert Protocol(colour="luminance").name.startswith("luminance, border 0x0, rounded")


def test_the_protocol_follows_the_operator_and_the_user():
    operator = BicubicDownsampling((24, 30), 2)
    assert protocol(operator).border == (2, 2)
    assert protocol(operator, "luminance", 10) == Protocol((10, 10), colour="luminance")
    for wrong in ({"colour": "lab"}, {"border": -1}, {"border": 1.5}, {"border": 12}):
        with pytest.raises(UserError, match="metrics.{}=".format(next(iter(wrong)))):
            protocol(operator, **wrong)


def test_ssim_of_shift_and_scale_by_hand():
    """For flat pictures SSIM is its luminance term."""
    one, two = np.full((12, 12, 3), 100.0), np.full((12, 12, 3), 110.0)
    c1 = (0.01 * 255) ** 2
    expected = (2 * 100 * 110 + c1) / (100**2 + 110**2 + c1)
    assert ssim(one, two, Protocol()) == pytest.approx(expected, abs=1e-6)


def test_ssim_needs_its_window(picture):
    assert ssim(picture[:10], picture[:10], Protocol()) is None
    assert ssim(picture, picture, Protocol()) == pytest.approx(1)


@pytest.mark.parametrize("rows", [1, 5, 24])
def test_large_pictures_are_measured_part_by_part(rows, picture, monkeypatch):
    protocol, estimate = Protocol((2, 3)), noisy(picture)
    estimate[:9] += 30.0  # so that it matters where
    whole = psnr(estimate, picture, protocol), ssim(estimate, picture, protocol)
    monkeypatch.setattr(metrics, "PIXELS", rows * (picture.shape[1] - 6))
    assert psnr(estimate, picture, protocol) == pytest.approx(whole[0])
    assert ssim(estimate, picture, protocol) == pytest.approx(whole[1])


@pytest.mark.parametrize(
    "protocol",
    [
        Protocol(),
        Protocol((2, 3), colour="luminance"),
        Protocol(quantise=False, colour="luminance"),
    ],
)
def test_the_device_measures_as_the_host_does(picture, protocol):
    batch = np.stack([picture, picture[::-1]])
    estimates = noisy(batch)
    with tf.Graph().as_default(), tf.Session() as session:
        x, t = (device_metrics.prepare(tf.constant(a), protocol) for a in (estimates, batch))
        similarity = device_metrics.ssim(x, t, device_metrics.windows(t))
        psnrs, ssims = session.run([device_metrics.psnr(x, t), similarity])
    for i in range(2):
        assert psnrs[i] == pytest.approx(psnr(estimates[i], batch[i], protocol), abs=1e-3)
        assert ssims[i] == pytest.approx(ssim(estimates[i], batch[i], protocol), abs=1e-3)
