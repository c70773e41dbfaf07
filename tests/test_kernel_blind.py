"""Deblurring by an estimated kernel, from a picture to its files."""

import csv
import json

import numpy as np
import pytest
import tensorflow.compat.v1 as tf
from hydra import compose, initialize_config_dir
from PIL import Image
from test_run import launch

from dmsp import export, images, kernels
from dmsp.blind import evaluations
from dmsp.config import CONF
from dmsp.errors import UserError
from dmsp.experiment import Experiment
from dmsp.kernel_blind import KernelBlind, registered
from dmsp.noise import EXACT, SMALLEST_SIGMA
from dmsp.operators import ValidBlur
from dmsp.preparation import Batch


def evaluate(function, *pictures):
    """Run graph code on pictures."""
    with tf.Graph().as_default(), tf.Session() as session:
        return session.run(function(*(tf.constant(x[None]) for x in pictures)))


def smooth(shape):
    rows, columns = np.indices(shape)
    grey = 120 + 80 * np.sin(rows / 5.0) * np.cos(columns / 6.0)
    return np.stack([grey, grey / 2, 255 - grey], axis=2).astype(np.float32)


def test_the_registered_truth_explains_the_observation_under_the_moved_kernel():
    k = kernels.motion(9, 9)
    truth = smooth((60, 72))
    there = np.pad(k, [(5, 1), (2, 4)], "constant")  # by 2 down and 1 to the left
    true = ValidBlur(k, truth.shape[:2])
    estimated = ValidBlur(there, tuple(n + m - 1 for n, m in zip(true.observed_shape, there.shape)))
    picture = registered(truth, true, estimated, (2, -1))
    assert picture.shape[:2] == estimated.latent_shape
    y, again = evaluate(lambda x, z: [true.forward(x), estimated.forward(z)], truth, picture)
    # Near the sides the edge stands for what is not known.
    np.testing.assert_allclose(again[0, 8:-8, 8:-8], y[0, 8:-8, 8:-8], atol=0.2)


def test_of_a_large_picture_a_part_tells_the_kernel(monkeypatch):
    monkeypatch.setattr("dmsp.kernel_blind.WINDOW", 72)
    k = kernels.motion(7, 6)
    larger = np.pad(k, 1, "constant")
    blocks = np.random.RandomState(0).uniform(0, 255, (19, 13, 1)).astype(np.float32)
    truth = np.tile(np.kron(blocks, np.ones((10, 10, 1), np.float32)), 3)
    truth[:100] = truth.mean()
    true = ValidBlur(k, truth.shape[:2])
    (y,) = evaluate(true.forward, truth)
    batch = Batch(1, [], true, [images.Picture("a", truth)], [0], [np.zeros_like(y)], [y])
    looks = []

    def restored(part, level):
        explained = evaluate(part.operator.forward, part.truths[0])[0]
        looks.append((part.observations[0], explained))
        (top, bottom), (left, right) = part.operator.margin
        return part.truths[0][top:-bottom, left:-right]

    estimate = KernelBlind(lambda y, side: larger, size=9, descents=0)
    found, _ = estimate(batch, lambda shape, kernel: ValidBlur(kernel, shape), restored, None, None)
    part, explained = looks[0]
    assert part.shape == (72, 72, 3) and np.ptp(part[0]) > 50
    np.testing.assert_allclose(explained[8:-8, 8:-8], part[8:-8, 8:-8], atol=0.2)
    assert tuple(found.operator.observed_shape) == y.shape[:2]
    np.testing.assert_allclose(found.operator.kernel, larger, atol=0.05)


def test_the_truth_follows_the_restored_picture():
    k = kernels.motion(7, 6)
    truth = smooth((60, 72))
    true = ValidBlur(k, truth.shape[:2])
    (y,) = evaluate(true.forward, truth)
    batch = Batch(1, [], true, [images.Picture("a", truth)], [0], [np.zeros_like(y)], [y])

    def restored(part, level):
        (top, bottom), (left, right) = part.operator.margin
        return np.roll(part.truths[0], 2, axis=0)[top:-bottom, left:-right]

    estimate = KernelBlind(lambda y, side: np.pad(k, 1, "constant"), size=9, descents=0)
    found, _ = estimate(batch, lambda shape, kernel: ValidBlur(kernel, shape), restored, None, None)
    view, there = truth[3:-3, 3:-3], found.truths[0][4:-4, 4:-4]
    np.testing.assert_allclose(there[2:], view[:-2], atol=1.5)


class Recorded:
    """A prediction that notes what it is asked, with an error of nothing but the kernel."""

    def __init__(self, target):
        self.target, self.calls, self.closed = target, [], False

    def __call__(self, kernel, seen, hidden, sigma):
        self.calls.append((seen, hidden, sigma))
        difference = kernel - self.target
        return np.sum(difference**2), 2 * difference

    def close(self):
        self.closed = True


@pytest.mark.parametrize("level", [3.0, None])
def test_a_kernel_predicts_what_the_restoration_has_not_seen(level):
    k = kernels.motion(7, 6)
    truth = 255 * np.kron(np.random.RandomState(1).uniform(size=(16, 18)), np.ones((8, 8)))
    truth = np.stack([truth] * 3, axis=2).astype(np.float32)
    true = ValidBlur(k, truth.shape[:2])
    (y,) = evaluate(true.forward, truth)
    y += 3 * np.random.RandomState(0).standard_normal(y.shape).astype(np.float32)
    batch = Batch(1, [], true, [images.Picture("a", truth)], [np.int32([7, 9])], [0], [y])
    prediction, asked, turns = Recorded(np.pad(k, 1)), [], []

    def prediction_for(shape, side):
        asked.append((shape, side))
        return prediction

    start = np.full((9, 9), 1 / 81.0, np.float32)
    found, _ = KernelBlind(lambda y, side: start, size=9, descents=2)(
        *(batch, lambda shape, kernel: ValidBlur(kernel, shape)),
        *(lambda part, told: truth[3:-3, 3:-3], prediction_for, level),
        lambda turn, of: turns.append((turn, of)),
    )
    assert asked == [(y.shape, 9)] and prediction.closed
    total = evaluations(2) + 1
    assert turns[0] == (1, total) and len(turns) == len(prediction.calls) + 1
    assert max(turns) <= (total, total)
    noises = []
    for seen, hidden, sigma in prediction.calls:
        np.testing.assert_allclose(seen + hidden, 2 * y, atol=1e-3)
        assert np.std(seen - y) == pytest.approx(3, rel=0.1)
        assert sigma == (level or pytest.approx(3, rel=0.2))
        noises.append(float((seen - y)[0, 0, 0]))
    assert len(set(noises)) == 2 and noises == sorted(noises, key=noises.index)  # one a descent
    near = found.operator.kernel
    np.testing.assert_allclose(near, np.pad(k, 1), atol=0.06 * k.max())  # the faintest is noise


def test_without_descents_no_prediction_is_made():
    k = np.pad(kernels.motion(7, 6), 1)
    truth = smooth((60, 72))
    true = ValidBlur(k, truth.shape[:2])
    (y,) = evaluate(true.forward, truth)
    batch = Batch(1, [], true, [images.Picture("a", truth)], [0], [0], [y])
    found, _ = KernelBlind(lambda y, side: k, size=9, descents=0)(
        *(batch, lambda shape, kernel: ValidBlur(kernel, shape)),
        *(lambda part, told: true.in_view(part.truths[0]), None, None),
    )
    np.testing.assert_array_equal(found.operator.kernel, k)


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    """A run on two bundled pictures, and its folder."""
    folder = tmp_path_factory.mktemp("blind")
    code, _, err = launch(
        folder,
        *("task=deblur_blind", "task.kernel_size=9", "kernel.size=7", "kernel.length=6"),
        *("data.resize=56", "data.limit=2", "batch_size=2", "num_iter=2", "noise_level=estimated"),
        "task.kernel_blind.descents=1",
        *("tracking=none", "hydra.run.dir={}".format(folder)),
    )
    assert code == 0, err
    return folder


@pytest.mark.slow_on_tensorflow_1
def test_each_picture_has_a_kernel_of_its_own_that_can_be_used(run):
    for name in ("astronaut", "chelsea"):
        k = kernels.from_file(run / "kernels" / "{}.npy".format(name))
        assert k.shape == (9, 9) and k.min() >= 0
        seen = kernels.from_file(run / "kernels" / "{}.png".format(name))
        np.testing.assert_allclose(seen, k, atol=0.01 * k.max())
    assert (run / "strips" / "chelsea.png").is_file()


@pytest.mark.slow_on_tensorflow_1
def test_the_figures_are_of_the_registered_picture(run):
    summary = json.loads((run / "summary.json").read_text())
    assert summary["task"] == "deblur_blind" and summary["images"] == 2
    assert summary["kernel_seconds"] > 0
    assert "the truth moved to where the restored picture is" in (summary["metric_protocol"])
    with open(str(run / "results.csv"), newline="") as file:
        rows = list(csv.DictReader(file))
    assert all(int(row["width"]) == 56 - 6 for row in rows)
    assert all(float(row["psnr"]) > 10 for row in rows)


def test_a_photograph_needs_no_kernel_and_a_small_one_is_left_out(tmp_path, monkeypatch):
    monkeypatch.setattr("dmsp.blind.prediction.ITERATIONS", 2)
    for name, side in (("large", 64), ("small", 17)):
        Image.fromarray(smooth((side, side)).astype(np.uint8)).save(str(tmp_path / (name + ".png")))
    overrides = ["task=deblur_blind", "task.kernel_size=9", "data=observed", "num_iter=2"]
    overrides += ["task.kernel_blind.descents=1"]
    with initialize_config_dir(str(CONF), version_base="1.3"):
        config = compose("config", overrides + ["data.path={}".format(tmp_path)])
    work = Experiment(config)
    try:
        done, skipped, turns = [], [], []
        for entries in work.batches:
            batch, outcomes = work.restore(
                work.prepare(entries), turned=lambda turn, of: turns.append((turn, of))
            )
            done.extend(work.results(batch, outcomes))
            skipped.extend(batch.skipped)
    finally:
        work.close()
    assert [result.name for result in done] == ["large"]
    assert turns[:2] == [(1, evaluations(1)), (2, evaluations(1))]
    assert done[0].restored.shape[:2] == (64, 64)
    assert done[0].kernel.shape == (1, 1) and done[0].estimated_kernel.shape == (9, 9)
    assert "a smaller task.kernel_size" in skipped[0].reason


@pytest.mark.parametrize("task, least", [("deblur", EXACT), ("deblur_blind", SMALLEST_SIGMA)])
def test_an_estimated_kernel_is_never_exact(task, least):
    with initialize_config_dir(str(CONF), version_base="1.3"):
        config = compose("config", ["task=" + task, "noise=0", "noise_level=known"])
    work = Experiment(config)
    work.close()
    assert work.noise.tell(np.full((3, 3, 3), 0.3)) == least


def test_only_a_known_kernel_is_exported():
    with initialize_config_dir(str(CONF), version_base="1.3"):
        config = compose("config", ["task=deblur_blind"])
    with pytest.raises(UserError, match="export task=deblur with the kernel that was found"):
        export.run(config)
