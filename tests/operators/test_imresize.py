"""Bicubic down-sampling against MATLAB's rule written out, and against MATLAB's own figures."""

import math

import numpy as np
import pytest

from dmsp.operators import BicubicDownsampling
from dmsp.operators.resampling import imresize_matrix
from dmsp.tensorflow import tf


def keys(t):
    """Keys' cubic for a = -1/2, as in his equation 15."""
    t = abs(t)
    if t < 1:
        return (1.5 * t - 2.5) * t * t + 1
    return ((-0.5 * t + 2.5) * t - 4) * t + 2 if t < 2 else 0.0


def written_out(values, scale):
    """Return a sequence reduced by the rule of ``imresize``, sample by sample.

    The kernel is stretched by the scale, what lies outside is the sequence mirrored with its
    end repeated, and the weights of each sample are divided by their sum.
    """
    reach, count = 2 * scale + 1, int(math.ceil(len(values) / float(scale)))
    outside = np.pad(np.asarray(values, np.float64), reach + scale, "symmetric")
    found = []
    for i in range(count):
        centre = (i + 0.5) * scale - 0.5
        places = range(int(math.floor(centre)) - reach, int(math.ceil(centre)) + reach + 1)
        weights = [keys((centre - j) / scale) for j in places]
        seen = [outside[j + reach + scale] for j in places]
        found.append(sum(w * v for w, v in zip(weights, seen)) / sum(weights))
    return np.array(found)


def reduced(picture, scale):
    rows, columns = (imresize_matrix(n, 1.0 / scale) for n in picture.shape)
    return rows @ picture.astype(np.float64) @ columns.T


@pytest.mark.parametrize("scale", [2, 3, 4])
@pytest.mark.parametrize("shape", [(24, 36), (25, 31), (13, 48), (9, 8), (7, 5)])
def test_every_pixel_is_that_of_the_rule(shape, scale):
    x = np.random.RandomState(scale).uniform(0, 255, shape)
    x[:, :2], x[:2], x[-1:] = 255, 0, 255  # most of what the sides may do
    down = np.stack([written_out(column, scale) for column in x.T], axis=1)
    expected = np.stack([written_out(row, scale) for row in down])
    np.testing.assert_allclose(reduced(x, scale), expected, atol=1e-3)


# Of the test-suite of GNU Octave's image package, as MATLAB gave it for uint8.
SEEN = """
116 227 153  69 146 194  59 130 139 106
  2  47 137 249  90  75  16  24 158  44
155  68  46  84 166 156  69 204  32 152
 71 221 137 230 210 153 192 115  30 118
107 143 108  52  51  73 101  21 175  90
 54 158 143  77  26 168 113 229 165 225
  9  47 133 135 130 207 236  43  19  73
129  60  59 243  64 181 249  56  32  86
"""
MATLAB = {
    2: "105 140 126 81 109; 110 134 153 114 93; 108 108 94 127 146; 67 126 162 149 62",
    3: "115 135 97 101; 113 119 124 125; 81 157 118 64",
}


def rounded(picture):
    return np.floor(np.clip(picture, 0, 255) + 0.5)


@pytest.mark.parametrize("scale", sorted(MATLAB))
def test_it_is_what_matlab_gave(scale):
    """A picture of which nearly every pixel is seen from a side, and of no multiple of 3.

    Of uint8 MATLAB rounds what it made of the columns before it goes on to the rows.
    """
    seen = np.array(SEEN.split(), int).reshape(8, 10)
    given = np.array([row.split() for row in MATLAB[scale].split(";")], int)
    rows, columns = (imresize_matrix(n, 1.0 / scale) for n in seen.shape)
    down = rounded(rows @ seen)
    np.testing.assert_array_equal(rounded(down @ columns.T), given)
    assert np.abs(down @ columns.T - given).max() <= 0.5
    assert np.abs(reduced(seen, scale) - given).max() < 0.7  # nothing rounded


def test_the_operator_computes_the_rule():
    x = np.random.RandomState(0).uniform(0, 255, (12, 18, 3)).astype(np.float32)
    with tf.Graph().as_default(), tf.Session() as session:
        y = session.run(BicubicDownsampling((12, 18), 3).forward(tf.constant(x[None])))[0]
    expected = np.stack([reduced(x[..., c], 3) for c in range(3)], axis=2)
    np.testing.assert_allclose(y, expected, atol=1e-3)
