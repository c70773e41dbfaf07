"""Blur with a known kernel."""

import numpy as np

from dmsp.errors import Unfit, UserError, nearest
from dmsp.operators import boundaries
from dmsp.operators.base import Operator
from dmsp.operators.convolution import FourierConvolution
from dmsp.operators.transforms import fast_grid


class ValidBlur(Operator):
    """Blur whose observation holds only pixels that the picture determines: ``A x = k ⋆ x``.

    Nothing is assumed of what lies outside the picture. The latent picture is
    larger than the observation by the kernel; the field of view starts
    ``(k - 1) // 2`` pixels inside it, so that a kernel of odd size is centred.

    Args:
        kernel: blur kernel of sum one, (kh, kw).
        shape: rows and columns available for the latent picture.
        convolution: class that computes the correlation.

    Raises:
        UserError: the kernel is larger than the picture.

    Source: Bigdeli et al., NIPS 2017, section 4.1; the published code's ``filter_image``.
    """

    baseline_name = ""
    period = 1

    def __init__(self, kernel, shape, convolution=FourierConvolution):
        check_fits(kernel, shape)
        self.kernel = kernel
        self.latent_shape = tuple(shape)
        self.observed_shape = tuple(n - k + 1 for n, k in zip(shape, kernel.shape))
        self.margin = margin_of(kernel)
        self.kernel_energy = energy(kernel)
        self._convolution = convolution(kernel, self.latent_shape)
        self.looped = convolution.looped

    @classmethod
    def latent_shape_of(cls, observed_shape, kernel):
        """Return the latent (H, W) behind an observation of (h, w)."""
        return tuple(n + k - 1 for n, k in zip(observed_shape, kernel.shape))

    def part(self, begin, shape):
        del begin
        return ValidBlur(self.kernel, shape, type(self._convolution))

    def forward(self, x):
        return self._convolution.forward(x)

    def adjoint(self, r):
        return self._convolution.adjoint(r)

    def solve(self, u, weight, damping, effort):
        return self._convolution.solve(u, weight, damping, effort)

    def initial(self, y):
        return boundaries.replicate(y, self.margin)

    def baseline(self, y):
        return y


class _FullBlur(Operator):
    """Blur of the picture continued beyond its sides; the observation is as large: ``k ⋆ E x``.

    The pixel at ``(k - 1) // 2`` of the kernel is its centre.

    Args:
        kernel: blur kernel of sum one, (kh, kw).
        shape: rows and columns of the picture.
        convolution: class that computes the correlation.

    Raises:
        UserError: the kernel is larger than the picture.
    """

    baseline_name = ""

    def __init__(self, kernel, shape, convolution=FourierConvolution):
        check_fits(kernel, shape)
        self.kernel = kernel
        self.latent_shape = self.observed_shape = tuple(shape)
        self.kernel_energy = energy(kernel)
        self._extent = margin_of(kernel)
        extended = tuple(n + k - 1 for n, k in zip(shape, kernel.shape))
        self._convolution = convolution(kernel, extended)
        self.looped = convolution.looped

    def initial(self, y):
        return y

    def baseline(self, y):
        return y


class ReplicateBlur(_FullBlur):
    """Blur of a picture whose edge pixels go on outside: ``A x = k ⋆ E x``, E repeats the edge.

    What :func:`scipy.ndimage.correlate` computes with ``mode="nearest"``. Near
    the sides the gain of white noise is above ``‖k‖²``, which holds elsewhere.
    """

    def forward(self, x):
        return self._convolution.forward(boundaries.replicate(x, self._extent))

    def adjoint(self, r):
        return boundaries.fold_replicate(self._convolution.adjoint(r), self._extent)

    def precondition(self, u, weight, damping):
        period = fast_grid([n + sum(e) for n, e in zip(self.latent_shape, self._extent)])
        return self._convolution.solve_periodic(u, weight, damping, period)


class CircularBlur(_FullBlur):
    """Blur of a picture that repeats itself outside: ``A x = k ⋆ x`` on a torus.

    The Fourier transform diagonalises it, ``F A x = conj(K) F x``, which gives
    the closed form. What :func:`scipy.ndimage.correlate` computes with
    ``mode="wrap"``.
    """

    closed_form = True

    def forward(self, x):
        return self._convolution.forward(boundaries.wrap(x, self._extent))

    def adjoint(self, r):
        return boundaries.fold_wrap(self._convolution.adjoint(r), self._extent)

    def solve(self, u, weight, damping, effort):
        return self.solve_samples(u, weight, damping, 1)

    def solve_samples(self, u, weight, damping, scale):
        """Return :meth:`solve` where only every scale-th pixel is kept."""
        period = [n // scale for n in self.latent_shape]
        return self._convolution.solve_periodic(u, weight, damping, period, scale)


BLURS = {"valid": ValidBlur, "circular": CircularBlur, "replicate": ReplicateBlur}


def choose_blur(kernel, shape, boundary="valid", convolution=FourierConvolution):
    """Return the blur that takes the picture's outside to be what ``boundary`` says.

    Args:
        kernel: blur kernel of sum one, (kh, kw).
        shape: rows and columns of the picture.
        boundary: one of :data:`BLURS`.
        convolution: class that computes the correlation.

    Raises:
        UserError: no such boundary.
    """
    return choose(BLURS, boundary)(kernel, shape, convolution)


def choose(classes, boundary):
    """Return the class for a boundary.

    Raises:
        UserError: there is none.
    """
    if boundary not in classes:
        raise UserError(
            "task.boundary={}: no such choice{}".format(boundary, nearest(boundary, classes))
        )
    return classes[boundary]


def check_fits(kernel, shape):
    """Raise an :class:`Unfit` where a kernel is larger than the picture."""
    if any(k > n for k, n in zip(kernel.shape, shape)):
        raise Unfit(
            "the kernel of {} x {} pixels is larger than the picture of {} x {}; "
            "take a smaller kernel or larger pictures".format(*(kernel.shape + tuple(shape)))
        )


def margin_of(kernel):
    """Return how far a kernel reaches, ((top, bottom), (left, right)), from its centre."""
    return tuple(((k - 1) // 2, k // 2) for k in kernel.shape)


def energy(kernel):
    """Return ``‖k‖²``."""
    return float(np.sum(np.square(kernel, dtype=np.float64)))
