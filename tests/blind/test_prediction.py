"""The error of a prediction against what is worked out, and the kernel that it leads to."""

import contextlib

import numpy as np
import pytest
from scipy.signal import fftconvolve
from test_blind import blocks, likeness

from dmsp import kernels
from dmsp.blind import Prediction, predictive
from dmsp.blind.kernel_step import cleaned
from dmsp.denoisers import default
from dmsp.runtime.device import cpu
from dmsp.tensorflow import tf


@pytest.fixture
def short(monkeypatch):
    """A restoration of few iterations, whose graph is built in less time."""
    monkeypatch.setattr("dmsp.blind.prediction.ITERATIONS", 3)
    monkeypatch.setattr("dmsp.blind.prediction.FILLS", 2)


def blurred(k, channels=3, shape=(70, 78), sigma=2.0):
    """Return a picture, and its blurred observation with noise."""
    x = 255.0 * blocks(shape)[:, :, None] * np.array([1.0, 0.7, 0.4])[:channels]
    y = fftconvolve(x, k[::-1, ::-1, None], "valid")
    return x, y + sigma * np.random.RandomState(0).standard_normal(y.shape)


def parts(y, sigma, seed=1):
    w = sigma * np.random.RandomState(seed).standard_normal(y.shape)
    return y + w, y - w


def test_the_error_is_that_of_the_blurred_restoration(short):
    k = kernels.motion(7, 6, seed=2)
    x, y = blurred(k)
    seen, hidden = parts(y, 2.0)

    def all_knowing(latent, sigma, dtype):
        assert latent.shape.as_list() == [1, 70, 78, 3]
        return tf.constant(x[None], tf.float32) + 0.0 * latent

    with contextlib.closing(Prediction(y.shape, 7, all_knowing, cpu(), tf.float32)) as prediction:
        error, gradient = prediction(k, seen, hidden, 2.0)
    predicted = fftconvolve(x, k[::-1, ::-1, None], "valid")
    residual = predicted - hidden
    assert error == pytest.approx(np.mean(residual**2) / 8.0, rel=1e-4)
    assert error == pytest.approx(1.0, abs=0.05)
    # The picture does not depend on the kernel here: the gradient is that of a least-squares fit.
    fit = sum(fftconvolve(x[:, :, c], residual[::-1, ::-1, c], "valid") for c in range(3))
    np.testing.assert_allclose(gradient, fit / (4.0 * y.size), atol=0.02)


def test_the_levels_fall_to_the_noise_that_the_restoration_sees(short):
    k = kernels.motion(7, 6)
    _, y = blurred(k)
    told = []

    def denoiser(x, sigma, dtype):
        told.append(sigma)
        return x

    with contextlib.closing(Prediction(y.shape, 7, denoiser, cpu(), tf.float16)) as prediction:
        graph = told[0].graph
        with tf.Session(graph=graph) as session:
            (placeholder,) = [
                op.outputs[0] for op in graph.get_operations() if op.name.endswith("sigma")
            ]
            levels = session.run(told, {placeholder: 2.0})
            loud = session.run(told, {placeholder: 40.0})
        error, _ = prediction(k, y, y, 2.0)
    assert len(levels) == 3 and levels[0] == pytest.approx(40.0)
    np.testing.assert_allclose(levels[-1], 1.3 * 2.0 * np.sqrt(2.0), rtol=1e-5)
    np.testing.assert_allclose(np.divide(levels[1:], levels[:-1]), levels[1] / levels[0], rtol=1e-4)
    np.testing.assert_allclose(loud, loud[0], rtol=1e-5)
    assert error < 0.3  # what an observation is restored from, the restoration explains


@pytest.mark.parametrize("channels", [1, 3])
def test_the_gradient_is_that_of_the_restoration_too(channels, short):
    k = np.pad(kernels.motion(5, 4, seed=1), 1).astype(np.float64)
    _, y = blurred(k, channels, shape=(30, 34))
    seen, hidden = parts(y, 4.0)

    def smoothing(x, sigma, dtype):
        mean = (x + tf.roll(x, 1, 1) + tf.roll(x, 1, 2)) / 3.0
        return x + sigma / 80.0 * (mean - x)

    with contextlib.closing(Prediction(y.shape, 7, smoothing, cpu(), tf.float32)) as prediction:
        _, gradient = prediction(k, seen, hidden, 4.0)
        direction = 1e-3 * gradient / np.abs(gradient).max()
        ahead, behind = (prediction(k + s * direction, seen, hidden, 4.0)[0] for s in (1, -1))
    assert np.sum(gradient * direction) == pytest.approx((ahead - behind) / 2.0, rel=0.02)


@pytest.mark.slow_on_tensorflow_1
@pytest.mark.parametrize("channels", [1, 3])
def test_the_true_kernel_predicts_best(channels):
    k = np.pad(kernels.motion(9, 9, seed=1), 1).astype(np.float64)
    _, y = blurred(k, channels)
    none = np.zeros_like(k)
    none[5, 5] = 1.0
    with contextlib.closing(Prediction(y.shape, 11, default(), cpu(), tf.float32)) as prediction:
        errors = [
            prediction(other, *parts(y, 2.0), 2.0)[0] for other in (k, none, k.T, (k + k.T) / 2.0)
        ]
    assert errors[0] < 1.3 and errors[0] < min(errors[1:]) - 0.02


@pytest.mark.slow_on_tensorflow_1
def test_a_wrong_kernel_is_led_to_the_true_one():
    k = np.pad(kernels.motion(9, 9, seed=1), 1).astype(np.float64)
    _, y = blurred(k)
    start = np.zeros_like(k)
    start[5, 4:7] = 0.25, 0.5, 0.25
    with contextlib.closing(Prediction(y.shape, 11, default(), cpu(), tf.float32)) as prediction:
        errors = [
            lambda kernel, seed=seed: prediction(kernel, *parts(y, 2.0, seed), 2.0)
            for seed in (1, 2)
        ]
        found = predictive(start, errors)
    assert found.dtype == np.float32 and found.min() >= 0
    assert found.sum() == pytest.approx(1, abs=1e-5)
    assert likeness(start, k) < 0.7 < 0.9 < likeness(found, k)


def towards(target, weight=1.0, least=0.0):
    """Return a quadratic error, lowest at a kernel."""
    return lambda k: (
        least + weight * np.sum((k - target) ** 2),
        weight * 2 * (k - target),
    )


def strokes(*places):
    """Return a kernel of strokes of three pixels that lie, (15, 15)."""
    k = np.zeros((15, 15))
    for row, column in places:
        k[row, column - 1 : column + 2] += 1.0
    return k / k.sum()


@pytest.mark.parametrize("weight, grows", [(0.01, False), (1.0, True)])
def test_a_kernel_grows_far_from_where_it_was_for_a_price_only(weight, grows):
    middle, target = strokes((7, 7)), strokes((7, 7), (6, 7), (8, 7), (7, 2), (7, 12))
    found = predictive(middle, [towards(middle)] + 2 * [towards(target, weight)])
    assert found[6, 7] > 0.04 and found[8, 7] > 0.04
    assert (found[7, 2] > 0.04) == (found[7, 12] > 0.04) == grows
    assert found[7, 12] == pytest.approx(target[7, 12] if grows else 0, abs=0.01)


def test_in_the_last_descent_only_what_stands_out_is_free():
    middle, more = strokes((7, 7)), strokes((7, 7), (7, 7), (6, 7), (8, 7))
    found = predictive(middle, [towards(middle), towards(more)])
    np.testing.assert_allclose(found, middle, atol=0.01)


@pytest.mark.parametrize("first", [True, False])
def test_of_two_starts_that_goes_on_which_predicts_better(first):
    start, other = strokes((1, 7), (13, 7)), strokes((7, 7))
    asked = []

    def error(k):
        """Two valleys, the one around the first kernel the higher one or not."""
        asked.append(k)
        valleys = [
            towards(start, least=0.1 * (not first))(k),
            towards(other, least=0.1 * first)(k),
        ]
        return min(valleys, key=lambda valley: valley[0])

    found = predictive(start, [error, error])
    np.testing.assert_allclose(asked[0], start, atol=1e-6)
    np.testing.assert_allclose(found, start if first else other, atol=0.02)


def test_of_faint_values_those_of_a_stroke_stay():
    k = np.zeros((15, 15))
    k[7, 2:8], k[7, 8:13], k[2, 2] = 1.0, 0.08, 0.08
    alone, together = (cleaned(k, smallest=0.0, neighbours=n) for n in (0.0, 0.8))
    assert alone[2, 2] > 0 and together[2, 2] == 0
    k[2, 2] = 0.0
    np.testing.assert_allclose(together, k / k.sum())
