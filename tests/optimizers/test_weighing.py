"""The weight of the prior that a kernel and a level allow."""

from types import SimpleNamespace

import numpy as np
import pytest
import tensorflow.compat.v1 as tf

from dmsp import kernels
from dmsp.optimizers.weighing import LOUDNESS, THINNING, prior_weight, unfitted

DELTA = np.ones((1, 1), np.float32)


def weights(kernel, ratios, copies=1, scale=1, function=prior_weight):
    operator = SimpleNamespace(kernel=kernel, copies=copies, scale=scale)
    with tf.Graph().as_default(), tf.Session() as session:
        ratio = tf.constant(np.reshape(ratios, (-1, 1, 1, 1)), tf.float32)
        return session.run(function(operator, ratio))


@pytest.mark.parametrize("kernel", [DELTA, None], ids=["delta", "none"])
def test_without_blur_the_formula_gives_it(kernel):
    # |K| = 1: S / σ² = 1 / (1 + β / ratio)² / ratio is as loud as allowed at this β.
    expected = 0.64 * ((0.64 * LOUDNESS) ** -0.5 - 1.0)
    found = weights(kernel, [0.64]).item()
    assert expected <= found < 1.05 * expected  # the next of a grid


def test_it_is_within_bounds():
    ratios = np.geomspace(1e-3, 1e4, 200)
    found = weights(DELTA, ratios).ravel()
    assert found.min() == pytest.approx(0.08)
    # S / σ² = ratio / (ratio + β)² is loudest at ratio = β, 1 / (4 β).
    assert found.max() == pytest.approx(1 / (4 * LOUDNESS), rel=0.04)


def test_a_kernel_of_few_frequencies_allows_less():
    gaussian, motion = (
        weights(k, [0.64 / np.sqrt(np.sum(k**2))]).item()
        for k in (kernels.gaussian(1.6), kernels.motion(25, 24, 0))
    )
    assert gaussian == pytest.approx(0.09, abs=0.01)
    assert motion == pytest.approx(0.2, abs=0.02)


def test_each_picture_has_its_own():
    kernel = kernels.disk(3.0)
    together = weights(kernel, [2.0, 30.0, 400.0])
    assert together.shape == (3, 1, 1, 1)
    apart = [weights(kernel, [ratio]).item() for ratio in (2.0, 30.0, 400.0)]
    np.testing.assert_array_equal(together.ravel(), np.float32(apart))
    assert len(set(apart)) == 3


def test_channels_alike_count_as_one():
    kernel = kernels.disk(3.0)
    np.testing.assert_allclose(weights(kernel, [9.0], copies=3), weights(kernel, [3.0]))


def test_samples_without_blur_are_noise_of_all_their_aliases():
    # |K|² / s² = 1 / s² and G = 1: S / σ² = 1 / (1 + β / ratio)² / ratio / s².
    ratio, allowed = 0.25, LOUDNESS / 2**THINNING
    expected = ratio * ((4 * ratio * allowed) ** -0.5 - 1.0)
    found = weights(DELTA, [ratio], scale=2).item()
    assert expected <= found < 1.05 * expected


@pytest.mark.parametrize("scale", [2, 3])
def test_the_noise_of_a_data_step_of_samples_is_as_loud_as_allowed(scale):
    # The noise of (AᵀA + β/ratio I)⁻¹ Aᵀ by its definition, A as a matrix of 24 × 24 pixels.
    n, ratio = 24, 2.0
    kernel = kernels.gaussian(1.0)
    impulses = np.eye(n * n).reshape(n * n, n, n)
    gain = np.fft.fft2(kernel, (n, n))
    blurred = np.fft.ifft2(np.fft.fft2(impulses) * gain).real
    a = blurred[:, ::scale, ::scale].reshape(n * n, -1).T
    damping = weights(kernel, [ratio], scale=scale).item() / ratio
    step = np.linalg.solve(a.T @ a + damping * np.eye(n * n), a.T)
    spectra = np.abs(np.fft.fft2(step.T.reshape(-1, n, n))) ** 2
    density = spectra.sum(0) / n**2 / ratio
    allowed = LOUDNESS / scale**THINNING
    assert np.sqrt(np.mean(density**2)) == pytest.approx(allowed, rel=0.04)


def test_what_a_data_step_leaves_of_white_noise_by_hand():
    ratios = np.array([0.5, 20.0])
    found = weights(DELTA, ratios, function=unfitted)
    assert found.shape == (2, 1, 1, 1)
    np.testing.assert_allclose(found.ravel(), (1.0 + ratios) ** -2, rtol=1e-5)
    # |K|² = cos²(w / 2), over which the mean of (1 + r |K|²)^-2 is (1 + r / 2) (1 + r)^-1.5.
    found = weights(np.full((1, 2), 0.5, np.float32), ratios, function=unfitted)
    expected = (1.0 + ratios / 2.0) * (1.0 + ratios) ** -1.5
    np.testing.assert_allclose(found.ravel(), expected, rtol=2e-3)
    # Of every second pixel both frequencies that become one, cos² and sin², add up to a fourth.
    found = weights(np.full((1, 2), 0.5, np.float32), ratios, scale=2, function=unfitted)
    # Along the rows there is nothing but aliases: twice as much.
    np.testing.assert_allclose(found.ravel(), (1.0 + ratios / 2.0) ** -2, rtol=1e-5)
