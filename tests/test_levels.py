"""Grey levels."""

import numpy as np

from dmsp.levels import to_uint8


def test_to_uint8_clips_then_rounds():
    values = np.array([-3.0, 0.4, 0.6, 254.6, 300.0])
    np.testing.assert_array_equal(to_uint8(values), [0, 0, 1, 255, 255])
