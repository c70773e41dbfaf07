"""The loop on the device, with a denoiser that needs no training."""

import numpy as np
import pytest

from dmsp import metrics, runtime
from dmsp.noise import blind, known
from dmsp.operators import SubsampledBlur, ValidBlur
from dmsp.optimizers import HalfQuadraticSplitting, Momentum
from dmsp.restoration import Restoration, Settings
from dmsp.seeds import key_of, observation_noise
from dmsp.tensorflow import tf

KERNEL = np.outer([1, 2, 1], [1, 1, 2]).astype(np.float32) / 16
NAMES = ("a", "b", "c")


def smooth(x, sigma, dtype=tf.float32):
    """The mean of a pixel and its neighbours."""
    del sigma, dtype
    padded = tf.pad(x, [[0, 0], [1, 1], [1, 1], [0, 0]], "SYMMETRIC")
    return tf.nn.avg_pool2d(padded, 3, 1, "VALID")


def worse(x, sigma, dtype=tf.float32):
    """A denoiser that turns a picture into its negative."""
    del sigma, dtype
    return 255.0 - x


@pytest.fixture
def pictures(picture):
    return [picture, picture[::-1].copy(), 255 - picture]


def restoration(
    denoiser=smooth, optimizer=None, noise=None, batch_size=1, per_call=1, has_truth=True, **options
):
    settings = dict({"num_iter": 6, "sigma_dae": 5.0}, **options)
    device = runtime.cpu(iterations_per_call=per_call)
    return Restoration(
        ValidBlur(KERNEL, (40, 48), device.convolution),
        denoiser,
        optimizer or Momentum(),
        noise or known(5.0),
        device,
        Settings(**settings),
        batch_size,
        has_truth,
    )


def degraded(engine, pictures, sigma, names=NAMES):
    shape = tuple(engine.operator.observed_shape) + (3,)
    noises = [sigma * observation_noise(key_of(0, name), shape) for name in names]
    return engine.degrade(pictures, noises)


def run(engine, pictures, names=NAMES, sigma=5.0):
    observations = degraded(engine, pictures, sigma, names)
    keys = [key_of(0, name) for name in names[: len(pictures)]]
    outcomes, seconds = engine.run(observations, pictures, keys, [sigma] * len(pictures))
    assert seconds > 0
    return outcomes


def test_the_observation_is_blurred_and_noisy(picture):
    engine = restoration()
    (clean,) = degraded(engine, [picture], 0.0)
    (noisy,) = degraded(engine, [picture], 5.0)
    window = picture[10:13, 20:23, 1]
    assert clean[10, 20, 1] == pytest.approx(np.sum(window * KERNEL), abs=1e-3)
    assert np.std(noisy - clean) == pytest.approx(5.0, rel=0.05)
    assert not np.array_equal(noisy, degraded(engine, [picture], 5.0, ["b"])[0])


def test_restoring_improves_on_the_observation(picture):
    engine = restoration(optimizer=HalfQuadraticSplitting(num_iter=6), noise=known(25.0))
    outcome = run(engine, [picture], sigma=25.0)[0]
    assert outcome.restored.shape == outcome.baseline.shape == (38, 46, 3)
    assert [row["iteration"] for row in outcome.iterations] == [1, 2, 3, 4, 5, 6]
    truth = picture[1:-1, 1:-1]
    assert np.mean((outcome.restored - truth) ** 2) < np.mean((outcome.baseline - truth) ** 2)


@pytest.mark.parametrize("noise", [known(5.0), blind(5.0)])
@pytest.mark.parametrize("optimizer", [Momentum, HalfQuadraticSplitting])
def test_neither_batch_nor_order_nor_company_changes_a_picture(optimizer, noise, pictures):
    alone = restoration(optimizer=optimizer(), noise=noise)
    expected = [
        run(alone, [p], [name])[0].restored for p, name in reversed(list(zip(pictures, NAMES)))
    ][::-1]
    together = run(restoration(optimizer=optimizer(), noise=noise, batch_size=4), pictures)
    for outcome, picture in zip(together, expected):
        np.testing.assert_allclose(outcome.restored, picture, atol=2e-2)


def test_several_iterations_in_one_call_are_the_same_iterations(picture):
    single = run(restoration(), [picture])[0]
    several = run(restoration(per_call=4), [picture])[0]
    assert [row["iteration"] for row in several.iterations] == [4, 6]
    np.testing.assert_allclose(several.restored, single.restored, atol=1e-3)
    assert several.iterations[-1]["psnr"] == pytest.approx(single.iterations[-1]["psnr"], abs=1e-4)


def test_a_second_run_starts_afresh(pictures):
    engine = restoration()
    first = run(engine, pictures[:1])[0]
    run(engine, pictures[1:2])
    np.testing.assert_array_equal(run(engine, pictures[:1])[0].restored, first.restored)


def test_a_picture_that_diverges_stops_with_its_best_estimate(picture):
    engine = restoration(worse, Momentum(alpha=1.0), known(60.0), num_iter=50, sigma_dae=2.0)
    outcome = run(engine, [picture])[0]
    assert outcome.status.startswith("diverged at iteration")
    assert len(outcome.iterations) < 50
    # The first estimate was the best; it is the observation itself over the field of view.
    np.testing.assert_allclose(outcome.restored, outcome.baseline, atol=1e-4)


def test_what_is_not_finite_never_reaches_the_picture(picture):
    def broken(x, sigma, dtype=tf.float32):
        del sigma, dtype
        return x / 0.0

    outcome = run(restoration(broken, HalfQuadraticSplitting()), [picture])[0]
    assert outcome.status == "diverged at iteration 1: not finite"
    assert np.all(np.isfinite(outcome.restored))


def test_a_picture_that_converges_stops_and_the_others_go_on(pictures):
    flat = np.full_like(pictures[0], 100.0)
    engine = restoration(batch_size=2, num_iter=40, tolerance=0.05, noise=known(0.5))
    keys = [key_of(0, name) for name in NAMES[:2]]
    observations = degraded(engine, [flat, pictures[0]], 0.0)
    still, moving = engine.run(observations, [flat, pictures[0]], keys, [0.5, 0.5])[0]
    assert still.status.startswith("converged at iteration")
    assert len(still.iterations) < len(moving.iterations)


def test_no_truth_no_figures(picture):
    engine = restoration(has_truth=False)
    key = key_of(0, "a")
    outcomes, _ = engine.run(degraded(engine, [picture], 5.0), None, [key], [5.0])
    assert set(outcomes[0].iterations[0]) == {"iteration", "ms", "residual", "step", "noise"}


def test_figures_of_the_last_iteration_are_those_of_the_picture(picture):
    protocol = metrics.Protocol((2, 2), colour="luminance")
    outcome = run(restoration(protocol=protocol), [picture])[0]
    truth = picture[1:-1, 1:-1]
    last = outcome.iterations[-1]
    assert metrics.psnr(outcome.restored, truth, protocol) == pytest.approx(last["psnr"], abs=1e-3)
    assert metrics.ssim(outcome.restored, truth, protocol) == pytest.approx(last["ssim"], abs=1e-3)


def test_super_resolution_runs_on_both_convolutions(picture):
    results = []
    for convolution in ("fourier", "spatial"):
        device = runtime.cpu(convolution=convolution)
        operator = SubsampledBlur(KERNEL, (40, 48), 2, device.convolution)
        engine = Restoration(
            operator,
            smooth,
            HalfQuadraticSplitting(num_iter=4),
            known(2.0),
            device,
            Settings(4, 5.0),
        )
        height, width = operator.latent_shape
        results.append(run(engine, [picture[:height, :width]])[0].restored)
    np.testing.assert_allclose(*results, atol=2e-2)


def test_the_network_is_timed():
    assert 0 < restoration().network_seconds(enough=0.0) < 10
