"""Bicubic down-sampling, as the literature's test data are made."""

import numpy as np

from dmsp.operators.base import Operator
from dmsp.operators.resampling import (
    imresize_matrix,
    interpolation_matrix,
    linear,
    resampled,
)
from dmsp.operators.subsampling import subsampled

INNER = 9  # samples among which there is one that the sides do not reach


class BicubicDownsampling(Operator):
    """MATLAB's ``imresize(x, 1 / scale, 'bicubic')`` of a real-valued picture: ``A x = R x Cᵀ``.

    With the singular values ``R = U diag(s) Vᵀ`` of both matrices
    ``A Aᵀ = (U_R ⊗ U_C) diag(s_R² ⊗ s_C²) (U_R ⊗ U_C)ᵀ``, which gives the closed form.

    Args:
        shape: rows and columns available for the picture; a remainder that does
            not fill ``scale`` pixels is left out at the end.
        scale: how much smaller the observation is, a whole number from 2.

    Raises:
        UserError: the scale is none, or larger than the picture.

    Source: Keys, IEEE Trans. ASSP 29(6), 1981, stretched by the scale.
    """

    closed_form = True

    def __init__(self, shape, scale):
        self.observed_shape = subsampled(shape, scale, smallest=2)
        self.latent_shape = tuple(n * scale for n in self.observed_shape)
        self.border = scale
        self.coverage = 1.0 / scale**2
        self.scale = self.period = int(scale)
        # Of a middle row: near the sides the mirror changes it a little.
        rows = (imresize_matrix(min(n, INNER * scale), 1.0 / scale) for n in self.latent_shape)
        self.kernel_energy = float(np.prod([np.sum(m[len(m) // 2] ** 2) for m in rows]))
        self._made = None

    @property
    def _matrices(self):
        """Those along rows and columns: made once they are needed, as large ones take memory."""
        if self._made is None:
            self._made = [imresize_matrix(n, 1.0 / self.scale) for n in self.latent_shape]
        return self._made

    def part(self, begin, shape):
        del begin
        return BicubicDownsampling(shape, self.scale)

    def forward(self, x):
        return resampled(x, *self._matrices)

    def adjoint(self, r):
        return resampled(r, *(m.T for m in self._matrices))

    def solve(self, u, weight, damping, effort):
        vectors, values = zip(*(np.linalg.svd(m, full_matrices=False)[:2] for m in self._matrices))
        power = np.square(np.outer(*values))[:, :, None]
        modes = resampled(u, *(v.T for v in vectors))
        return resampled(modes / (weight * power + damping), *vectors)

    def initial(self, y):
        rows, columns = (
            interpolation_matrix(n, (np.arange(n * self.scale) + 0.5) / self.scale - 0.5, linear)
            for n in self.observed_shape
        )
        return resampled(y, rows, columns)

    def baseline(self, y):
        return resampled(y, *(imresize_matrix(n, float(self.scale)) for n in self.observed_shape))
