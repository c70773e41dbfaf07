"""Training's batches: patches, their sizes, colours and noise levels."""

import numpy as np
import pytest

from dmsp.training import colours, patches


def source(**changes):
    values = {
        "batch_size": 64,
        "size": 8,
        "sigma_max": 50.0,
        "low_sigma": 10.0,
        "low_share": 0.5,
        "seed": 3,
    }
    values.update(changes)
    pictures = [
        np.random.RandomState(i).randint(0, 255, (12, 10, 3)).astype(np.uint8) for i in range(3)
    ]
    return patches.Patches(pictures, **values)


def test_batches_are_a_function_of_seed_and_step():
    first, again, later = source().batch(5), source().batch(5), source().batch(6)
    np.testing.assert_array_equal(first[0], again[0])
    np.testing.assert_array_equal(first[1], again[1])
    assert np.any(first[0] != later[0])
    assert np.any(first[0] != source(seed=4).batch(5)[0])


def test_stream_yields_the_batches_in_order():
    ours = source(batch_size=2)
    for step, batch in zip(range(3, 9), ours.stream(3, 9, ahead=2)):
        np.testing.assert_array_equal(batch[0], ours.batch(step)[0])


def test_stream_passes_errors_on():
    ours = source()
    ours.batch = lambda step: 1 // 0
    with pytest.raises(ZeroDivisionError):
        list(ours.stream(0, 2))


def test_noise_levels_favour_the_low_share():
    levels = np.concatenate([source().batch(step)[1].ravel() for step in range(40)])
    assert levels.min() >= 0.0 and levels.max() <= 50.0
    # Half of the draws are all below 10, and a fifth of the others.
    assert abs(np.mean(levels < 10.0) - 0.6) < 0.03


def test_patches_come_in_all_eight_orientations():
    corner = np.zeros((8, 8, 3), np.uint8)
    corner[0, 0], corner[0, -1], corner[-1, 0] = 1, 2, 3
    ours = patches.Patches([corner], 200, 8, 50.0, 10.0, 0.0, 0)
    seen = {tuple(patch[[0, 0, -1, -1], [0, -1, 0, -1], 0]) for patch in ours.batch(0)[0]}
    assert len(seen) == 8


def test_patches_come_from_reduced_pictures_which_are_never_smaller_than_a_patch():
    ramp = np.repeat(np.arange(0, 240, 10, dtype=np.uint8)[:, None], 24, axis=1)
    ramp = np.stack([ramp] * 3, axis=2)
    ours = patches.Patches([ramp], 60, 8, 50.0, 10.0, 0.0, 0, scales=(1.0, 0.5, 0.1))
    assert [picture.shape[:2] for picture in ours.sizes[0]] == [(24, 24), (12, 12), (8, 8)]
    spans = {int(np.ptp(patch.astype(int))) for patch in ours.batch(0)[0]}
    assert len(spans) == 3 and min(spans) == 70


def test_a_share_of_the_patches_has_other_colours():
    grey = np.full((8, 8, 3), 100, np.uint8)
    batch, _ = patches.Patches([grey], 400, 8, 50.0, 10.0, 0.0, 0, colour=0.3).batch(0)
    assert abs(np.mean(np.any(batch != 100, axis=(1, 2, 3))) - 0.3) < 0.07


class Draws:
    """Numbers that are given, in place of drawn ones."""

    def uniform(self, low, high, size=None):
        # Saturation 2, gains 1.4, 1 and 1/1.4, exponents likewise from 1.5.
        return np.log(2.0) if size is None else np.array([1.0, 0.0, -1.0])

    def permutation(self, count):
        return np.array([1, 0, 2])


def test_colours_are_changed_as_the_formula_says():
    patch = np.array([[[90, 120, 60], [250, 10, 10]]], np.uint8)
    # In the order G, R, B about their mean: 90 + 2 (30, 0, -30); times the gains, to the powers.
    expected = [255 * (1.4 * 150 / 255) ** 1.5, 90, 255 * (30 / 1.4 / 255) ** (1 / 1.5)]
    result = colours.changed(patch, Draws())
    np.testing.assert_array_equal(result[0, 0], np.rint(expected))
    np.testing.assert_array_equal(result[0, 1], [0, 255, 0])  # clipped
