"""Every optimizer, on a problem with a known answer."""

import numpy as np
import pytest

from dmsp.objective import BlindNoise, KnownNoise, Problem
from dmsp.operators import (
    FourierConvolution,
    Grey,
    Identity,
    SpatialConvolution,
    SubsampledBlur,
    ValidBlur,
)
from dmsp.optimizers import (
    Adam,
    Admm,
    Direct,
    HalfQuadraticSplitting,
    Momentum,
    Nesterov,
    PreconditionedGradient,
    Red,
)
from dmsp.tensorflow import tf

# (class, options, iterations to get close)
OPTIMIZERS = [
    (Momentum, {}, 150),
    (Nesterov, {}, 150),
    (Adam, {"alpha": 5.0}, 150),
    (PreconditionedGradient, {}, 30),
    (HalfQuadraticSplitting, {"num_iter": 30}, 30),
    (Admm, {"num_iter": 30, "beta": 0.2}, 30),
    (Red, {"num_iter": 30, "sigma_end": 1.0}, 30),
]
IDS = [case[0].name for case in OPTIMIZERS]
KERNEL = np.array([[0.1, 0.2], [0.3, 0.4]], np.float32)


def smooth(x, sigma):
    """A denoiser without training: the mean of a pixel and its neighbours."""
    del sigma
    padded = tf.pad(x, [[0, 0], [1, 1], [1, 1], [0, 0]], "SYMMETRIC")
    return tf.nn.avg_pool2d(padded, 3, 1, "VALID")


def solve(optimizer, operator_class, iterations, **options):
    """Restore a smooth picture and return the root mean square residual and error."""
    rows, columns = np.mgrid[:20, :22]
    truth = 128 + 60 * np.sin(rows / 6.0) * np.cos(columns / 7.0)
    operator = operator_class(KERNEL, (20, 22), convolution=SpatialConvolution, **options)
    height, width = operator.latent_shape
    x = np.repeat(truth[None, :height, :width, None], 3, axis=3).astype(np.float32)
    with tf.Graph().as_default(), tf.Session() as session:
        y = tf.constant(session.run(operator.forward(tf.constant(x))))
        problem = Problem(
            operator, y, smooth, 5.0, KnownNoise(1.0), lambda k: tf.zeros((1, height, width, 3))
        )
        state = optimizer.init(problem, 128 + 0 * operator.initial(y))
        fields = [tf.Variable(field) for field in state]
        k = tf.Variable(0)
        moved = optimizer.step(problem, type(state)(*(f.read_value() for f in fields)), k)
        with tf.control_dependencies(list(moved)):
            step = tf.group(k.assign_add(1), *(f.assign(m) for f, m in zip(fields, moved)))
        residual = tf.sqrt(tf.reduce_mean(tf.square(problem.residual(fields[0]))))
        error = tf.sqrt(tf.reduce_mean(tf.square(fields[0] - x)[:, 2:-2, 2:-2]))
        session.run(tf.global_variables_initializer())
        for _ in range(iterations):
            session.run(step)
        return session.run([residual, error])


@pytest.mark.parametrize("operator", [(ValidBlur, {}), (SubsampledBlur, {"scale": 2})])
@pytest.mark.parametrize("case", OPTIMIZERS, ids=IDS)
def test_a_smooth_picture_is_found(case, operator):
    optimizer_class, options, iterations = case
    residual, error = solve(optimizer_class(**options), operator[0], iterations, **operator[1])
    assert residual < 2.0
    assert error < 4.0


@pytest.mark.parametrize("case", OPTIMIZERS, ids=IDS)
def test_pictures_of_a_batch_stay_apart_in_a_loop_and_blind(case):
    optimizer_class, options, _ = case
    optimizer = optimizer_class(**options)
    optimizer.steps = 2
    operator = SubsampledBlur(KERNEL, (12, 14), 2, convolution=SpatialConvolution)
    observed = np.random.RandomState(0).uniform(0, 255, (2,) + operator.observed_shape + (3,))

    def restore(y):
        with tf.Graph().as_default(), tf.Session() as session:
            y = tf.constant(y, tf.float32)
            shape = [y.shape[0]] + list(operator.latent_shape) + [3]
            problem = Problem(operator, y, smooth, 5.0, BlindNoise(), lambda k: tf.zeros(shape))
            state = optimizer.init(problem, operator.initial(y))

            def body(k, *fields):
                return (k + 1,) + tuple(optimizer.step(problem, type(state)(*fields), k))

            looped = tf.while_loop(lambda k, *_: k < 3, body, (tf.constant(0),) + tuple(state))
            return session.run(looped[1])

    both = restore(observed)
    assert np.all(np.isfinite(both))
    np.testing.assert_allclose(both[1:], restore(observed[1:]), rtol=1e-3, atol=0.05)


def scalar(optimizer, steps):
    """Run an optimizer on one pixel whose gradient is 0.5 (x - 1) - 0.25 ... worked out by hand."""
    operator = ValidBlur(np.ones((1, 1), np.float32), (1, 1), SpatialConvolution)
    with tf.Graph().as_default(), tf.Session() as session:
        y = tf.fill((1, 1, 1, 1), 10.0)
        # Equal weights: sigma_dae = sigma_n. The denoiser returns zero, so g = x - 5.
        problem = Problem(
            operator,
            y,
            lambda x, sigma: 0 * x,
            2.0,
            KnownNoise(2.0),
            lambda k: tf.zeros((1, 1, 1, 1)),
        )
        state = optimizer.init(problem, tf.fill((1, 1, 1, 1), 9.0))
        path = []
        for k in range(steps):
            state = optimizer.step(problem, state, k)
            path.append(state.x)
        return [float(x.ravel()[0]) for x in session.run(path)]


def test_momentum_by_hand():
    # s1 = -0.1 * 4 = -0.4; x1 = 8.6; s2 = 0.9 * -0.4 - 0.1 * 3.6 = -0.72; x2 = 7.88
    assert scalar(Momentum(), 2) == pytest.approx([8.6, 7.88])


def test_nesterov_by_hand():
    # s1 = -0.4; x1 = 8.6; ahead = 8.24; s2 = -0.36 - 0.324; x2 = 7.916
    assert scalar(Nesterov(), 2) == pytest.approx([8.6, 7.916])


def test_adam_by_hand():
    # first step: m^ = g = 4, v^ = 16; x1 = 9 - 2 * 4 / (4 + 1)
    assert scalar(Adam(alpha=2.0, epsilon=1.0), 1) == pytest.approx([7.4])


def test_iterates_stay_in_range():
    assert scalar(Momentum(alpha=1e3), 1) == [0.0]


@pytest.mark.parametrize("optimizer, expected", [(Momentum(), 2), (HalfQuadraticSplitting(), 5)])
def test_a_step_takes_as_few_transforms_as_there_must_be(optimizer, expected):
    # One of A and one of its adjoint; one before conjugate gradients and two in each step, which
    # the graph holds once. Those of the levels' residual do not count where the level is known.
    operator = ValidBlur(KERNEL, (8, 8), FourierConvolution)
    with tf.Graph().as_default() as graph:
        y, x = tf.zeros((1, 7, 7, 3)), tf.zeros((1, 8, 8, 3))
        problem = Problem(operator, y, smooth, 5.0, KnownNoise(1.0), lambda k: x)
        first = optimizer.init(problem, x)
        state = type(first)(*(tf.placeholder(tf.float32, field.shape) for field in first))
        after = [field.op.name for field in optimizer.step(problem, state, 0)]
        needed = tf.graph_util.extract_sub_graph(graph.as_graph_def(), after)
        spectra = [
            graph.get_tensor_by_name(node.name + ":0")
            for node in needed.node
            if node.op == "RFFT2D"
        ]
    assert sum(s.shape.ndims == 4 for s in spectra) == expected  # not those of the kernel


@pytest.mark.parametrize("noise", [KnownNoise(6.0), BlindNoise()], ids=["known", "blind"])
def test_direct_denoises_once_at_the_noise_s_level(noise):
    def denoise(x, sigma):
        # Takes away what is as large as the level it is told, so that it confirms the level.
        return x - tf.minimum(tf.abs(x), sigma) * tf.sign(x)

    operator = Identity((2, 1))
    with tf.Graph().as_default(), tf.Session() as session:
        y = tf.constant([[[[6.0]], [[-6.0]]]])
        optimizer = Direct(sigma_start=3.0)
        problem = Problem(operator, y, denoise, 10.0, noise, None)
        state = optimizer.step(problem, optimizer.init(problem, y), 0)
        assert session.run(state.variance).item() == pytest.approx(36.0)
        assert np.abs(session.run(state.x)).max() < 1e-4


def test_direct_finds_the_level_at_a_higher_one_unless_it_is_given():
    def denoise(x, sigma):
        return x - tf.minimum(tf.abs(x), sigma) * tf.sign(x)

    operator = Identity((2, 1))
    with tf.Graph().as_default(), tf.Session() as session:
        y = tf.constant([[[[6.0]], [[-6.0]]]])
        for noise, variance in (
            (KnownNoise(4.0), 16.0),
            (BlindNoise(), 36.0),
            (BlindNoise(given=tf.fill([1, 1, 1, 1], 25.0)), 25.0),
        ):
            problem = Problem(operator, y, denoise, 10.0, noise, None)
            state = Direct(sigma_start=3.0).init(problem, y)
            assert session.run(state.variance).item() == pytest.approx(variance)
            assert state.x is y


@pytest.mark.parametrize(
    "optimizer, sigma, expected",
    [
        (Direct(), 10.0, np.sqrt(3.0) * 10.0),
        (HalfQuadraticSplitting(sigma_end=1.0, num_iter=1), 10.0, np.sqrt(3.0) * 10.0),
        # Little noise: the first level is 2.5 times 4, for what is missing is not noise.
        (HalfQuadraticSplitting(sigma_end=1.0, num_iter=1), 1.0, 10.0),
    ],
)
def test_noise_that_all_channels_share_counts_more_than_once(optimizer, sigma, expected):
    levels = []

    def denoise(x, sigma):
        levels.append(sigma + tf.zeros((1, 1, 1, 1)))
        return x

    operator = Grey(ValidBlur(np.ones((1, 1), np.float32), (2, 1), SpatialConvolution))
    with tf.Graph().as_default(), tf.Session() as session:
        y = tf.constant([[[[6.0]], [[-6.0]]]])
        problem = Problem(operator, y, denoise, 4.0, KnownNoise(sigma), None)
        state = optimizer.init(problem, tf.tile(y, [1, 1, 1, 3]))
        optimizer.step(problem, state, 0)
        told = session.run(levels[-1]).item()
    assert told == pytest.approx(expected)
