"""The mirror images that a denoiser sees in turn."""

import numpy as np
import tensorflow.compat.v1 as tf

from dmsp.optimizers.mirroring import mirrored


def test_each_of_four_iterations_sees_another_image_and_the_result_is_mirrored_back():
    x = np.random.RandomState(0).uniform(0, 255, (2, 3, 4, 3)).astype(np.float32)

    def shifted(pictures, sigma):
        return tf.roll(pictures, [1, 1], [1, 2]) + sigma

    expected = [
        np.roll(x, shift, (1, 2)) + 5 for shift in [(1, 1), (1, -1), (-1, 1), (-1, -1), (1, 1)]
    ]
    with tf.Graph().as_default(), tf.Session() as session:
        found = session.run(
            [mirrored(shifted, tf.constant(x), 5.0, tf.constant(k)) for k in range(5)]
        )
    for result, wanted in zip(found, expected):
        np.testing.assert_allclose(result, wanted, rtol=1e-6)
