"""The objective and the published iterates."""

import numpy as np
import pytest
import tensorflow.compat.v1 as tf

from dmsp import denoisers
from dmsp import noise as levels
from dmsp.objective import (
    BlindNoise,
    EstimatedNoise,
    KnownNoise,
    Last,
    Problem,
    gradient,
    mean_shift,
    told,
    variance_used,
)
from dmsp.operators import (
    BicubicDownsampling,
    FourierConvolution,
    Identity,
    Mosaic,
    SpatialConvolution,
    SubsampledBlur,
    ValidBlur,
)
from dmsp.optimizers import Momentum


def run(fetch):
    with tf.Session() as session:
        return session.run(fetch)


def scalar_problem(noise, x=3.0, y=1.0):
    """One pixel, A = 1, a denoiser that halves."""
    operator = ValidBlur(np.ones((1, 1), np.float32), (1, 1), SpatialConvolution)
    observation = tf.constant(y, tf.float32, (1, 1, 1, 1))
    problem = Problem(
        operator,
        observation,
        lambda x, sigma: 0.5 * x,
        2.0,
        noise,
        lambda k: tf.fill((1, 1, 1, 1), 0.25),
    )
    return problem, tf.constant(x, tf.float32, (1, 1, 1, 1))


def test_mean_shift_by_hand():
    with tf.Graph().as_default():
        problem, x = scalar_problem(KnownNoise(4.0))
        # eta = 2 * 0.25; x - 0.5 (x + eta) = 3 - 1.75
        assert run(mean_shift(problem, x, 0)).item() == pytest.approx(1.25)


def test_gradient_of_known_noise_by_hand():
    with tf.Graph().as_default():
        problem, x = scalar_problem(KnownNoise(4.0))
        # weights 1/16 and 1/4 -> shares 0.2 and 0.8; 0.2 * (3 - 1) + 0.8 * 1.25
        assert run(gradient(problem, x, 0)).item() == pytest.approx(1.4)


def test_next_to_no_noise_counts_in_a_data_step_but_less_in_a_gradient():
    with tf.Graph().as_default():
        problem, x = scalar_problem(KnownNoise(0.1))
        residual = problem.residual(x)
        variance = problem.noise.variance(residual, problem.operator)
        weight = problem.noise.weight(residual, problem.operator, problem.sigma_dae)
        np.testing.assert_allclose(np.ravel(run([variance, weight])), [0.01, 4.0], rtol=1e-5)


def test_blind_weight_by_hand():
    with tf.Graph().as_default():
        problem, x = scalar_problem(BlindNoise())
        # lambda = 1 / (2² + 2 * 2² * 1) = 1/12 -> share 1/12 / (1/12 + 1/4) = 0.25
        assert run(gradient(problem, x, 0)).item() == pytest.approx(0.25 * 2 + 0.75 * 1.25)


def test_blind_weight_is_of_each_picture_alone():
    operator = ValidBlur(np.ones((1, 1), np.float32), (4, 4), SpatialConvolution)
    residuals = np.random.RandomState(0).randn(3, 4, 4, 3).astype(np.float32)
    with tf.Graph().as_default():
        together = run(BlindNoise().weight(tf.constant(residuals), operator, 5.0))
        alone = [
            run(BlindNoise().weight(tf.constant(residuals[i : i + 1]), operator, 5.0))
            for i in range(3)
        ]
    np.testing.assert_allclose(together, np.concatenate(alone), rtol=1e-6)
    assert len(set(together.ravel())) == 3


CASES = {
    "nonblind": (KnownNoise(2.55), ValidBlur, {}),
    "noiseblind": (BlindNoise(), ValidBlur, {}),
    "sr_x2_nonblind": (KnownNoise(2.55), SubsampledBlur, {"scale": 2}),
    "sr_x2_noiseblind": (BlindNoise(), SubsampledBlur, {"scale": 2}),
}


@pytest.mark.parametrize("convolution", [FourierConvolution, SpatialConvolution])
@pytest.mark.parametrize("case", sorted(CASES))
def test_published_iterates(case, convolution, shared):
    """Five iterations with the noise given agree with the published implementation."""
    reference = np.load(str(shared / "reference" / "dmsp_steps.npz"))
    noise, operator_class, options = CASES[case]
    y = reference["degraded"]
    if options:
        y = reference["sr_degraded"][::2, ::2]
    denoiser = denoisers.matconvnet(str(shared / "reference" / "DAE_sigma11.mat"))
    with tf.Graph().as_default():
        operator = operator_class(
            reference["kernel"], reference["gt"].shape[:2], convolution=convolution, **options
        )
        eta = tf.constant(reference["eta"] / 11.0)
        problem = Problem(
            operator, tf.constant(y[None]), denoiser, 11.0, noise, lambda k: eta[k : k + 1]
        )
        momentum = Momentum(mu=0.9, alpha=0.1)
        state = momentum.init(problem, operator.initial(problem.observation))
        iterates = []
        for k in range(5):
            state = momentum.step(problem, state, k)
            iterates.append(state.x)
        results = run(iterates)
    for result, expected in zip(results, reference[case]):
        assert np.abs(result[0] - expected).max() < 0.05


def test_a_first_estimate_that_fits_exactly_leaves_the_blind_level_above_zero():
    with tf.Graph().as_default(), tf.Session() as session:
        problem, _ = scalar_problem(BlindNoise())
        variance = problem.noise.variance(tf.zeros((1, 2, 2, 3)), problem.operator)
        assert session.run(variance).item() == 0.25


@pytest.mark.parametrize("most, expected", [(2.0, 4.0), (20.0, 100.0), (0.1, 0.25)])
def test_where_values_are_selected_the_residual_is_the_blind_level_up_to_its_bound(most, expected):
    with tf.Graph().as_default(), tf.Session() as session:
        noise = BlindNoise(tf.fill((1, 1, 1, 1), most))
        variance = noise.variance(tf.fill((1, 4, 4, 3), 10.0), Identity((4, 4)))
        assert session.run(variance).item() == pytest.approx(expected)


@pytest.mark.parametrize("told, expected", [(180.0, 100.0), (170.0, 144.0), (0.0, 144.0)])
def test_the_residual_of_a_denoiser_that_was_told_too_little_does_not_lower_the_level(
    told, expected
):
    with tf.Graph().as_default(), tf.Session() as session:
        noise = BlindNoise(tf.fill((1, 1, 1, 1), 20.0))
        last = Last(tf.fill((1, 1, 1, 1), told), tf.fill((1, 1, 1, 1), 144.0), None)
        variance = noise.variance(tf.fill((1, 4, 4, 3), 10.0), Identity((4, 4)), last)
        assert session.run(variance).item() == pytest.approx(expected)


WAVES = np.array([[1.0, -1.0] * 3, [-1.0, 1.0] * 3] * 3, np.float32)  # D gives 16 / 6 of it


@pytest.mark.parametrize(
    "residual, given, expected",
    [
        (3.0 * WAVES, None, 64.0),
        (3.0 * WAVES + 20.0, None, 0.5 * 409.0),
        (3.0 * WAVES + 20.0, 0.0, 0.5 * 409.0),
        (3.0 * WAVES + 20.0, 100.0, 100.0),
        (np.full((2, 6), 6.0, np.float32), None, 36.0),
    ],
)
def test_behind_a_blur_the_blind_level_is_what_is_fine_of_the_residual(residual, given, expected):
    operator = ValidBlur(np.full((1, 2), 0.5, np.float32), (6, 7), SpatialConvolution)
    noise = BlindNoise(given=None if given is None else tf.fill((1, 1, 1, 1), given))
    with tf.Session() as session:
        variance = noise.variance(tf.constant(residual[None, :, :, None]), operator)
        assert session.run(variance).item() == pytest.approx(expected, rel=1e-5)


def disturbed(places="everywhere"):
    """Return a residual: an error of 20 that is smooth, with noise of 4, in all or some of it."""
    error = 20.0 * np.sin(np.arange(64) / 5.0)[:, None, None]
    noise = np.random.RandomState(0).randn(64, 64, 3)
    if places == "stripes":
        noise *= np.where(np.arange(64) % 16 < 4, 2.0, 0.0)[:, None]
    if places == "brightness":  # as loud in each channel, and none of it in colour
        noise[...] = noise[..., :1]
    return (error + 4.0 * noise).astype(np.float32)[None]


@pytest.mark.parametrize(
    "places, unseen, white",
    [
        ("everywhere", 16.0, True),
        ("everywhere", 18.0, True),
        ("everywhere", 21.0, False),
        ("stripes", 16.0, False),
        ("brightness", 16.0, False),
    ],
)
@pytest.mark.parametrize("noise", [BlindNoise(), EstimatedNoise(4.0)], ids=["blind", "estimated"])
def test_half_of_the_residual_counts_where_the_noise_is_not_white(noise, places, unseen, white):
    operator = ValidBlur(np.full((1, 2), 0.5, np.float32), (64, 65), SpatialConvolution)
    residual = disturbed(places)
    last = Last(None, None, tf.fill((1, 1, 1, 1), unseen))
    with tf.Session() as session:
        found = session.run(noise.variance(tf.constant(residual), operator, last))
    assert found.shape == (1, 1, 1, 1)
    expected = 16.0 if white else 0.5 * np.mean(np.square(residual))
    assert found.item() == pytest.approx(expected, rel=0.1)
    assert 0.5 * np.mean(np.square(residual)) > 90.0


def test_nothing_is_known_of_white_noise_where_no_blur_removes_any():
    residual = tf.constant(disturbed())
    last = Last(None, None, tf.fill((1, 1, 1, 1), 16.0))
    bicubic = BicubicDownsampling((128, 128), 2)
    with tf.Session() as session:
        found = session.run(BlindNoise().variance(residual, bicubic, last))
    assert found.item() > 90.0


def test_the_variance_used_is_the_state_s_or_that_behind_the_weight():
    with tf.Graph().as_default():
        problem, x = scalar_problem(KnownNoise(4.0))
        momentum = Momentum()
        state = momentum.init(problem, x)
        used = [variance_used(problem, state, problem.residual(x))]
        kept = Last(None, tf.fill((1, 1, 1, 1), 9.0), None)
        used.append(variance_used(problem, kept, None))
        np.testing.assert_allclose(np.ravel(run(used)), [16.0, 9.0])


def test_a_blur_bounds_no_blind_level():
    with tf.Graph().as_default():
        sigma = tf.fill((1, 1, 1, 1), 3.0)
        blur = ValidBlur(np.ones((1, 1), np.float32), (2, 2), SpatialConvolution)
        assert told(levels.blind(0.0), blur, sigma) == BlindNoise()
        for operator in (Identity((2, 2)), Mosaic((2, 2))):
            assert told(levels.blind(0.0), operator, sigma).most is sigma
            assert told(levels.known(0.0), operator, sigma).sigma is sigma


def test_an_estimate_of_the_noise_holds_until_the_residual_is_larger():
    operator = ValidBlur(np.full((1, 2), 0.5, np.float32), (4, 5), SpatialConvolution)
    residual = np.stack([np.full((4, 4, 3), 3.0), np.full((4, 4, 3), 8.0)]).astype(np.float32)
    noise = EstimatedNoise(5.0)
    with tf.Session() as session:
        r = tf.constant(residual)
        variance, weight = session.run(
            [noise.variance(r, operator), noise.weight(r, operator, 0.0)]
        )
    np.testing.assert_allclose(variance.ravel(), [25.0, 32.0], rtol=1e-6)
    np.testing.assert_allclose(weight.ravel(), [1 / 25.0, 1 / 32.0], rtol=1e-6)


def test_only_what_blurs_doubts_an_estimate():
    blur = ValidBlur(np.full((1, 2), 0.5, np.float32), (4, 5), SpatialConvolution)
    sigma = tf.constant(5.0)
    assert isinstance(told(levels.estimated(1.0), blur, sigma), EstimatedNoise)
    assert isinstance(told(levels.known(1.0), blur, sigma), KnownNoise)
    assert isinstance(told(levels.estimated(1.0), Identity((4, 5)), sigma), KnownNoise)
