"""Random numbers by seed, name and iteration alone."""

import numpy as np
import tensorflow.compat.v1 as tf

from dmsp.seeds import FedNoise, fed_noise, iteration_noise, key_of, observation_noise

SHAPE = (7, 5, 3)


def draw(keys, k):
    with tf.Graph().as_default(), tf.Session() as session:
        return session.run(iteration_noise(tf.constant(np.stack(keys)), tf.constant(k), SHAPE))


def test_keys_tell_seeds_and_names_apart():
    keys = {tuple(key_of(seed, name)) for seed in (0, 1, 10) for name in ("a", "b", "0/a")}
    assert len(keys) == 9


def test_observation_noise_never_changes():
    """The first values, which every version of NumPy and every machine must give."""
    noise = observation_noise(key_of(0, "astronaut"), (2, 2))
    np.testing.assert_array_equal(noise, observation_noise(key_of(0, "astronaut"), (2, 2)))
    generator = np.random.RandomState(key_of(0, "astronaut").view(np.uint32))
    np.testing.assert_array_equal(noise, generator.standard_normal((2, 2)).astype(np.float32))


def test_a_batch_draws_what_its_pictures_draw_alone():
    keys = [key_of(0, name) for name in "abc"]
    together = draw(keys, 4)
    for i, key in enumerate(keys):
        np.testing.assert_array_equal(together[i], draw([key], 4)[0])


def test_iterations_and_pictures_draw_anew():
    a, b = key_of(0, "a"), key_of(0, "b")
    draws = [draw([a], 0), draw([a], 1), draw([b], 0)]
    for i, first in enumerate(draws):
        for second in draws[i + 1 :]:
            assert abs(np.corrcoef(first.ravel(), second.ravel())[0, 1]) < 0.4


def test_noise_is_white_with_unit_power():
    big = np.concatenate([draw([key_of(0, "a")], k).ravel() for k in range(40)])
    assert abs(big.mean()) < 0.05
    assert abs(big.std() - 1) < 0.05


def test_noise_that_is_fed_is_that_of_its_iteration():
    """Three iterations a call: each finds its own, in the second block too."""
    keys = np.stack([key_of(0, name) for name in "ab"])
    with tf.Graph().as_default(), tf.Session() as session:
        source = FedNoise(tf.Variable(keys), SHAPE, 3)
        k = tf.placeholder(tf.int32, [])
        drawn = source.draw(k)
        session.run(tf.global_variables_initializer())
        for first in (0, 3):
            source.load(session, keys, first)
            for step in range(first, first + 3):
                found = session.run(drawn, {k: step})
                for i, key in enumerate(keys):
                    np.testing.assert_array_equal(found[i], fed_noise(key, step, SHAPE))
    assert abs(fed_noise(keys[0], 0, (4000,)).std() - 1) < 0.05
