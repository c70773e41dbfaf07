"""Filters whose response is real, by the fast Fourier transform or by matrix products.

Both classes compute ``F⁻¹(P · F x)`` of planes on a periodic grid, where they are
zero beyond their own rows and columns, and leave those rows and columns.
"""

import numpy as np
import scipy.fft
import tensorflow.compat.v1 as tf


def fast_grid(shape):
    """Return rows and columns of a grid, at least of a shape, that transforms fast."""
    rows, columns = (scipy.fft.next_fast_len(int(n), real=True) for n in shape)
    return [rows, columns + columns % 2]


def spectrum(kernel, grid):
    """Return the Fourier transform of a kernel on a periodic grid, half of it, as graph code.

    Made of the kernel in the graph: a large complex constant would take seconds to write
    down, and memory wherever it is used. TensorFlow folds it for all but large pictures.

    Args:
        kernel: blur kernel, not larger than the grid.
        grid: rows and columns of one period.
    """
    return tf.signal.rfft2d(tf.constant(kernel, tf.float32), fft_length=grid)


def power_spectrum(kernel, grid, scale=1):
    """Return ``|K|²`` of a kernel on a periodic grid, averaged over its aliases.

    The eigenvalues of ``A Aᵀ`` where A correlates and keeps every scale-th
    pixel: the cosine transform of every scale-th value a of the kernel's
    autocorrelation, ``P[u, v] = sum_mn a[m, n] cos(2π (u m / R + v n / C))``. Half
    of the spectrum, on the grid of kept pixels: float32 (R, C // 2 + 1), as graph
    code in one product of two small matrices, for the reason of :func:`spectrum`.

    Args:
        kernel: blur kernel, (kh, kw).
        grid: rows R and columns C of one period of kept pixels.
        scale: sampling distance in pixels.

    Source: Zhao et al., IEEE TIP 25(8), 2016, lemma 1.
    """
    size = [2 * k - 1 for k in kernel.shape]
    values = np.fft.irfft2(np.square(np.abs(np.fft.rfft2(kernel, size))), size)
    rows, columns = (np.arange(-((k - 1) // scale), (k - 1) // scale + 1) for k in kernel.shape)
    values = values[np.ix_(scale * rows % size[0], scale * columns % size[1])]
    down, along = _turned(rows, grid[0], grid[0]), _turned(columns, grid[1], grid[1] // 2 + 1)
    left = np.concatenate([np.cos(down.T), -np.sin(down.T)], axis=1)
    right = np.concatenate([values.dot(np.cos(along)), values.dot(np.sin(along))])
    power = tf.matmul(tf.constant(left, tf.float32), tf.constant(right, tf.float32))
    return tf.maximum(power, 0.0)  # rounding


class FastTransform:
    """The fast Fourier transform of TensorFlow.

    Args:
        grid: rows and columns of one period.
        shape: rows and columns of the planes.
    """

    def __init__(self, grid, shape):
        self._grid = list(grid)
        self._shape = tuple(shape)
        self._share = _share(self._grid).astype(np.complex64)

    def filtered(self, planes, response):
        """Return the filtered planes.

        Args:
            planes: (N, channels, rows, columns).
            response: P, real, broadcast against (N, channels, grid[0],
                grid[1] // 2 + 1): the half of it that real planes need.
        """
        spectrum = tf.signal.rfft2d(planes, fft_length=self._grid)
        image = tf.signal.irfft2d(spectrum * tf.cast(response, tf.complex64), self._grid)
        return self._cropped(image)

    def forward(self, planes):
        """Return the half of the planes' spectra that real ones need, complex64.

        Of this and of :meth:`inverse` TensorFlow 1.15 cannot build the gradient by itself.
        """

        @tf.custom_gradient
        def transform(planes):
            spectra = tf.signal.rfft2d(planes, fft_length=self._grid)
            return spectra, lambda g: self._planes(g / self._share)

        return transform(planes)

    def inverse(self, spectra):
        """Return the planes of spectra, :meth:`forward` undone."""

        @tf.custom_gradient
        def transform(spectra):
            planes = self._planes(spectra)
            return planes, lambda g: self._share * tf.signal.rfft2d(g, fft_length=self._grid)

        return transform(spectra)

    def _planes(self, spectra):
        return self._cropped(tf.signal.irfft2d(spectra, self._grid))

    def _cropped(self, image):
        return image[:, :, : self._shape[0], : self._shape[1]]


class MatrixTransform:
    """The Fourier transform as products with its matrices, for devices that are slow at or lack it.

    A row of the picture is multiplied by the cosines and sines of the columns'
    frequencies, a column of the result by those of the rows', and the same way
    back: ``O(H + W)`` multiplications a pixel, in matrix products alone.

    Args:
        grid: rows and columns of one period.
        shape: rows and columns of the planes.
    """

    def __init__(self, grid, shape):
        self._rows = _waves(shape[0], grid[0], grid[0])
        self._columns = _waves(shape[1], grid[1] // 2 + 1, grid[1])
        self._share = _share(grid)

    def filtered(self, planes, response):
        """Return the filtered planes, as :meth:`FastTransform.filtered`."""
        response = tf.linalg.matrix_transpose(response * self._share)
        return self._back(*(response * part for part in self._turned(planes)))

    def forward(self, planes):
        """Return the spectra, as :meth:`FastTransform.forward`."""
        return tf.linalg.matrix_transpose(tf.complex(*self._turned(planes)))

    def inverse(self, spectra):
        """Return the planes of spectra, :meth:`forward` undone."""
        parts = (part(spectra) * self._share for part in (tf.math.real, tf.math.imag))
        return self._back(*(tf.linalg.matrix_transpose(part) for part in parts))

    def _turned(self, planes):
        """Return real and imaginary part of the transposed spectra."""
        (row_cos, row_sin), (column_cos, column_sin) = self._rows, self._columns
        real, imaginary = (
            tf.transpose(part, [0, 1, 3, 2])
            for part in (_product(planes, column_cos), -_product(planes, column_sin))
        )
        return (
            _product(real, row_cos) + _product(imaginary, row_sin),
            _product(imaginary, row_cos) - _product(real, row_sin),
        )

    def _back(self, real, imaginary):
        """Return the planes of such parts, weighted by the share of each frequency."""
        (row_cos, row_sin), (column_cos, column_sin) = self._rows, self._columns
        real, imaginary = (
            _product(real, row_cos, True) - _product(imaginary, row_sin, True),
            _product(imaginary, row_cos, True) + _product(real, row_sin, True),
        )
        real, imaginary = (tf.transpose(part, [0, 1, 3, 2]) for part in (real, imaginary))
        return _product(real, column_cos, True) - _product(imaginary, column_sin, True)


def _share(grid):
    """Return what each frequency of the half adds to a pixel, float32 (grid[1] // 2 + 1,)."""
    half = 2 * np.arange(grid[1] // 2 + 1)
    # All but the lowest and the highest stand for their mirror image too.
    twice = np.where(np.isin(half, (0, grid[1])), 1.0, 2.0)
    return (twice / (grid[0] * grid[1])).astype(np.float32)


def _waves(samples, frequencies, period):
    """Return cosine and sine of ``2π j k / period``, float32 (samples, frequencies) each."""
    turned = _turned(np.arange(samples), period, frequencies)
    return [tf.constant(wave(turned), tf.float32) for wave in (np.cos, np.sin)]


def _turned(places, period, frequencies):
    """Return ``2π j k / period`` for integers j and the lowest frequencies k, (j, k)."""
    turns = np.outer(places, np.arange(frequencies)) % period
    return 2 * np.pi * turns / float(period)


def _product(x, matrix, transposed=False):
    """Return x, (..., n), times a matrix (n, m) or its transpose along the last axis."""
    shape = x.shape.as_list()
    flat = tf.matmul(tf.reshape(x, [-1, shape[-1]]), matrix, transpose_b=transposed)
    return tf.reshape(flat, shape[:-1] + [-1])
