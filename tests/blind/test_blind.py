"""Kernel-blind deblurring: each step against what is worked out, and the kernel found again."""

import numpy as np
import pytest
from scipy.signal import fftconvolve

from dmsp import kernels
from dmsp.blind import KernelEstimator, displacement, moved, window
from dmsp.blind.correlation import Correlation, explaining
from dmsp.blind.edges import derivatives, periodic, sharpened
from dmsp.blind.estimation import pyramid
from dmsp.blind.kernel_step import centred, cleaned, fitted, on_simplex
from dmsp.blind.marginal import Marginal
from dmsp.errors import UserError
from dmsp.kernel_blind import KernelBlind
from dmsp.operators import ValidBlur


def likeness(k, truth):
    """Return the highest normalised correlation of two kernels."""
    return fftconvolve(k, truth[::-1, ::-1]).max() / np.sqrt(np.sum(k**2) * np.sum(truth**2))


def correlated(x, k):
    """Return ``k ⋆ x`` on a torus, k centred."""
    radius = [n // 2 for n in k.shape]
    return sum(
        k[i, j] * np.roll(x, (radius[0] - i, radius[1] - j), axis=(0, 1))
        for i in range(k.shape[0])
        for j in range(k.shape[1])
    )


def blocks(shape, seed=0):
    """Return a picture of overlapping rectangles, values from 0 to 1."""
    random = np.random.RandomState(seed)
    x = np.full(shape, 0.5)
    for _ in range(60):
        top, left = (random.randint(0, n) for n in shape)
        height, width = random.randint(6, 30, 2)
        x[top : top + height, left : left + width] = random.uniform()
    return x


def test_projection_on_the_simplex_is_the_nearest_point():
    v = np.random.RandomState(0).normal(size=(4, 5))
    k = on_simplex(v)
    assert k.min() >= 0 and k.sum() == pytest.approx(1)
    # v - k is one number where k is above zero, and less elsewhere: the condition of optimality.
    excess = (v - k)[k > 0]
    np.testing.assert_allclose(excess, excess[0])
    assert np.all((v - k)[k == 0] <= excess[0] + 1e-12)
    np.testing.assert_allclose(on_simplex(k), k, atol=1e-12)


def test_the_kernel_step_finds_an_asymmetric_kernel():
    random = np.random.RandomState(1)
    k = random.rand(7, 7) * (random.rand(7, 7) > 0.5)
    k /= k.sum()
    x = derivatives(blocks((48, 60)))
    found = fitted(x, [correlated(g, k) for g in x], 7, ridge=0.0, steps=2000)
    np.testing.assert_allclose(found, k, atol=2e-3)
    spread = fitted(x, [correlated(g, k) for g in x], 7, ridge=10.0)
    assert np.sum(spread**2) < 0.5 * np.sum(k**2)


def test_sharpened_undoes_a_known_blur():
    x = blocks((64, 80))
    k = kernels.motion(9, 8).astype(np.float64)
    y = correlated(x, k)
    assert np.mean(np.square(sharpened(y, k, 1e-3) - x)) < 0.1 * np.mean(np.square(y - x))


def test_few_edges_are_left_where_they_are_dear():
    noisy = blocks((64, 80)) + 0.01 * np.random.RandomState(0).normal(size=(64, 80))
    counts = [
        np.mean(np.hypot(*derivatives(sharpened(noisy, np.ones((1, 1)), price))) > 0.01)
        for price in (1e-5, 1e-2)
    ]
    assert counts[1] < 0.5 * counts[0]


def test_the_window_lies_where_the_picture_has_most_gradients():
    y = np.full((60, 90, 3), 100.0)
    y[37:52, 61:77] += np.random.RandomState(0).normal(0, 20, (15, 16, 1))
    places = window(y, 20)
    assert [place.stop - place.start for place in places] == [20, 20]
    assert np.count_nonzero(y[places][:, :, 0] != 100) == 15 * 16
    assert window(y, 70)[0] == slice(0, 60) and y[window(y, 70)].shape == (60, 70, 3)
    assert y[window(y, 90)].shape == y.shape


def test_periodic_keeps_the_picture_and_closes_the_gap():
    y = np.add.outer(np.arange(20.0), 2 * np.arange(15.0))
    torus = periodic(y, (8, 8))
    np.testing.assert_array_equal(torus[:20, :15], y)
    assert torus.shape == (28, 23)
    assert max(np.abs(g).max() for g in derivatives(torus)) < 0.5 * max(np.ptp(y, 0).max(), 28)


def test_cleaned_and_centred():
    k = np.zeros((9, 9))
    k[1:3, 0:3] = 1.0
    k[8, 8] = 0.3  # apart and small
    k[2, 3] = 0.01  # faint
    k = centred(cleaned(k))
    assert k.sum() == pytest.approx(1) and np.count_nonzero(k) == 6
    centre = [np.sum(k * places) for places in np.indices(k.shape)]
    assert np.abs(np.subtract(centre, 4)).max() < 0.5 + 1e-9


def test_the_pyramid_goes_down_to_a_few_odd_pixels():
    sides = pyramid(31)
    assert sides[-1] == 31 and sides[0] <= 5 and all(n % 2 for n in sides)
    assert all(1.2 < m / n < 1.8 for n, m in zip(sides, sides[1:]))
    assert pyramid(3) == [3]


@pytest.mark.parametrize("shift", [(1.3, -2.6), (0.0, 0.0), (-6.2, 4.0)])
def test_displacement_to_a_fraction_of_a_pixel(shift):
    x = blocks((90, 110))[:, :, None] * np.array([255.0, 200.0, 100.0])
    noisy = moved(x, shift) + 2 * np.random.RandomState(0).standard_normal(x.shape)
    np.testing.assert_allclose(displacement(noisy, x), shift, atol=0.04)
    flat = np.full((90, 110, 3), 7.0)
    np.testing.assert_allclose(displacement(flat, flat), (0, 0))


def test_what_is_not_moved_is_not_interpolated(monkeypatch):
    monkeypatch.setattr("scipy.ndimage.shift", None)
    x = np.random.RandomState(0).uniform(0, 255, (20, 24, 3)).astype(np.float32)
    np.testing.assert_array_equal(moved(x, (0.0, 0.0)), x)


def test_the_likeliest_after_the_improvement_is_taken(monkeypatch):
    def box(height, width):
        k = np.pad(np.ones((height, width)), [((9 - n) // 2,) * 2 for n in (height, width)])
        return k / k.sum()

    improved = []

    def improve(self, k, noise):
        improved.append(k)
        return box(5, 5) if k[4, 2] else box(3, 3)

    def energy(self, k, noise):
        return {9: 2.0, 25: 1.0}[np.count_nonzero(k)]

    monkeypatch.setattr("dmsp.blind.marginal.Marginal.improved", improve)
    monkeypatch.setattr("dmsp.blind.marginal.Marginal.energy", energy)
    monkeypatch.setattr(
        KernelEstimator,
        "_through_the_pyramid",
        lambda self, y, side, weight, lying: box(1, 5) if lying else box(5, 1),
    )
    k = KernelEstimator()(255 * blocks((60, 70))[:, :, None], 9)
    np.testing.assert_allclose(k, box(5, 5), atol=1e-7)
    assert len(improved) == 2  # with each price the same two are found


@pytest.mark.parametrize("seed", [1, 3])
def test_the_kernel_of_a_shaken_camera_is_found(seed):
    k = kernels.motion(13, 14, seed=seed)
    x = blocks((150, 170))
    y = fftconvolve(x, k[::-1, ::-1], "valid")[:, :, None] * np.array([255, 200, 100])
    y += 1.5 * np.random.RandomState(0).standard_normal(y.shape)
    found = KernelEstimator()(y, 15)
    assert found.dtype == np.float32 and found.shape == (15, 15)
    assert found.min() >= 0 and found.sum() == pytest.approx(1, abs=1e-5)
    assert likeness(found, k) > 0.9
    assert likeness(np.ones((1, 1)), k) < 0.6  # no blur would not pass


def test_correlation_is_valid_and_has_both_adjoints():
    random = np.random.RandomState(0)
    x, k = random.normal(size=(2, 20, 23)), random.normal(size=(5, 5))
    blur = Correlation(x.shape[1:], 5)
    forward = blur.forward(blur.spectrum(k), blur.spectrum(x))
    for plane, result in zip(x, forward):
        np.testing.assert_allclose(result, fftconvolve(plane, k[::-1, ::-1], "valid"), atol=1e-5)
    r = random.normal(size=forward.shape)
    product = np.sum(forward * r)
    of_x = blur.latent_adjoint(blur.spectrum(k), blur.spectrum(r))
    of_k = blur.kernel_adjoint(blur.spectrum(x), blur.spectrum(r))
    assert np.sum(of_x * x) == pytest.approx(product, rel=1e-4)
    assert np.sum(of_k * k) == pytest.approx(product, rel=1e-4)


def test_the_explaining_kernel_and_the_price_of_its_values():
    random = np.random.RandomState(1)
    k = random.rand(5, 5)
    k /= k.sum()
    x = random.normal(size=(2, 40, 40))
    y = np.stack([fftconvolve(plane, k[::-1, ::-1], "valid") for plane in x])
    start = np.full((5, 5), 0.04)
    np.testing.assert_allclose(explaining(start, x, y, 0.0, 200), k, atol=1e-3)
    price = np.zeros((5, 5))
    price[0] = 1e6
    assert explaining(start, x, y, price, 200)[0].sum() < 0.05 * k[0].sum()
    # Where there is nothing to go by, nothing changes.
    np.testing.assert_allclose(explaining(start, 0 * x, 0 * y, 0.0, 5), start)


@pytest.fixture(scope="module")
def shaken():
    """A blurred picture with little noise, values from 0 to 1, and the kernel of its blur."""
    k = np.pad(kernels.motion(11, 12, seed=1), 1, "constant").astype(np.float64)
    y = fftconvolve(blocks((110, 120)), k[::-1, ::-1], "valid")
    return y + 0.006 * np.random.RandomState(0).standard_normal(y.shape), k


def test_the_true_kernel_is_likelier_than_others_and_than_no_blur(shaken):
    y, k = shaken
    none = np.zeros_like(k)
    none[6, 6] = 1.0
    marginal = Marginal(y, 13)
    energies = [marginal.energy(other, 7e-5) for other in (k, none, k.T, np.full_like(k, 1 / 169))]
    assert energies[0] < min(energies[1:]) - 0.05


def test_a_kernel_is_improved_by_its_likelihood(shaken):
    y, k = shaken
    start = 0.7 * k + 0.3 * k.T
    found = Marginal(y, 13).improved(start, 7e-5)
    assert found.min() >= 0 and found.sum() == pytest.approx(1, abs=1e-5)
    assert likeness(start, k) < 0.93 < 0.97 < likeness(found, k)


def test_the_likeliest_of_the_pyramids_kernels_is_taken(shaken, monkeypatch):
    y, k = shaken
    wrong = [k[::-1], np.full_like(k, 1 / 169), k.T]
    found = iter(wrong[:2] + [k] + wrong[2:])
    monkeypatch.setattr(KernelEstimator, "_through_the_pyramid", lambda *_: next(found))
    assert likeness(KernelEstimator()(255 * y[:, :, None], 13), k) > 0.95


@pytest.mark.parametrize("prices", [[], [0], [1e-2, "dear"]])
def test_prices_that_cannot_be_are_refused(prices):
    with pytest.raises(UserError, match="task.estimator.edge_weights="):
        KernelEstimator(edge_weights=prices)


@pytest.mark.parametrize("size", [0, 2, 30, 7.5, "large"])
def test_a_size_that_cannot_be_is_refused(size):
    with pytest.raises(UserError, match="task.kernel_size={}".format(size)):
        KernelBlind(KernelEstimator(), size)


def test_the_side_leaves_a_known_blur_room_to_be_centred():
    estimator = KernelEstimator()
    for shape, side in (((1, 1), 31), ((4, 12), 17), ((9, 7), 13)):
        blur = ValidBlur(np.ones(shape, np.float32) / np.prod(shape), (64, 64))
        assert KernelBlind(estimator).side(blur) == side
        assert KernelBlind(estimator, 21).side(blur) == 21
