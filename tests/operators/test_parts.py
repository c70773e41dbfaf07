"""A part of a picture, observed by the operator of the part."""

import numpy as np
import pytest
from registry import OPERATORS, build

from dmsp.errors import Unfit
from dmsp.operators import BicubicDownsampling, Mask
from dmsp.operators.resampling import imresize_matrix
from dmsp.tensorflow import tf

PARTED = [name for name in OPERATORS if build(name).period is not None]


def forward(operator, x):
    """Return ``A x`` as it covers the field of view, for a NumPy array (H, W, 3)."""
    with tf.Graph().as_default(), tf.Session() as session:
        y = session.run(operator.forward(tf.constant(x[None])))[0]
    return operator.laid_out(y)


@pytest.mark.parametrize("name", PARTED)
def test_a_part_is_observed_as_it_is_in_the_whole(name):
    operator = build(name)
    x = np.random.RandomState(0).rand(*operator.latent_shape, 3).astype(np.float32)
    scale, step = operator.scale, max(1, operator.period // operator.scale)
    begin = [step * max(1, (n // 4) // step) for n in operator.field]
    shape = [n - b for n, b in zip(operator.field, begin)]
    latent = operator.latent_shape_behind(shape)
    top, left = (scale * b for b in begin)
    try:
        part = operator.part((top, left), latent)
    except Unfit:
        assert isinstance(operator, Mask) and operator.measured.sum() <= 2
        return
    found = forward(part, x[top : top + latent[0], left : left + latent[1]])
    expected = forward(operator, x)[begin[0] :, begin[1] :]
    rim = 2 if "Bicubic" in name else 0
    assert type(part) is type(operator) and tuple(part.field) == tuple(shape)
    np.testing.assert_allclose(found[rim:, rim:], expected[rim:, rim:], atol=1e-5)


def test_a_part_of_which_a_mask_leaves_nothing_is_refused():
    mask = np.ones((20, 20), bool)
    mask[:10, :10] = False
    with pytest.raises(Unfit, match="leaves no pixel of 8 x 8 at row 1, column 2"):
        Mask(mask).part((1, 2), (8, 8))


def test_the_gain_of_noise_is_that_of_the_whole_picture():
    for scale in (2, 3, 4):
        whole = imresize_matrix(100 * scale, 1.0 / scale)
        energy = np.sum(whole[50] ** 2) ** 2
        for n in (12, 100):
            operator = BicubicDownsampling((n * scale, n * scale), scale)
            assert operator.kernel_energy == pytest.approx(energy, rel=1e-6)
