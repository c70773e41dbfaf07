"""What is said of a kernel that does not fit its picture."""

import numpy as np
import pytest

from dmsp.doubts import contradiction

KERNEL = np.full((3, 3), 1 / 9.0)


def test_a_residual_that_noise_does_not_explain_is_told_in_one_line():
    line = contradiction(KERNEL, 0.01, 8.0)
    assert "8.0 grey levels" in line and "the noise is 2.6" in line and "\n" not in line


@pytest.mark.parametrize(
    "kernel, told, residual",
    [
        (KERNEL, 0.01, 3.0),
        (KERNEL, 0.0, 0.9),
        (KERNEL, None, 80.0),
        (KERNEL, 0.01, None),
        (np.ones((1, 1)), 0.01, 80.0),
        (None, 0.01, 80.0),
    ],
)
def test_nothing_is_said_where_nothing_is_known_to_be_wrong(kernel, told, residual):
    assert contradiction(kernel, told, residual) == ""
