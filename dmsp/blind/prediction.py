"""How well a kernel predicts what the restoration with it has not seen."""

import numpy as np

from dmsp.blind.edges import periodic
from dmsp.levels import CHANNELS, PEAK
from dmsp.operators.transforms import fast_grid
from dmsp.tensorflow import tf

ITERATIONS = 8
SIGMA_START = 40.0  # grey levels
SIGMA_END = 1.3  # multiple of the noise that the restoration sees
BETA = 0.2
FILLS = 6  # of what is not observed, in an iteration
SLOPE = 0.0003  # mean square of a difference of neighbouring pixels, values from 0 to 1
FLOOR = 1e-4  # of |K|²


class Prediction:
    """The error of predicting one part of an observation from another, and its gradient.

    ``E(k) = ‖k ⋆ x(y + w; k) - (y - w)‖² / (2 σ² n)``

    w is white noise as loud as that of the observation, so that the noise of ``y + w`` and
    that of ``y - w`` are independent; ``x(·; k)`` is what is restored with k. Neither a
    picture that follows its own noise nor one that makes up for a wrong kernel predicts what
    it has not seen: the lowest E is that of the true kernel, about one.

    The gradient is that of the restoration too: held, the picture would draw the kernel to the
    one that it was restored with. So the restoration is one with a short graph, half-quadratic
    splitting (:class:`dmsp.optimizers.HalfQuadraticSplitting`) on a torus, where its data step
    is a division. What the torus has beyond the observation is filled in from the present
    estimate, a few times in each iteration.

    Args:
        shape: (h, w, channels) of the observation.
        side: of the kernel in pixels, odd.
        denoiser: ``r(x, sigma, dtype)``.
        device: :class:`dmsp.runtime.Device`.
        dtype: type that the network computes in.

    Source: of the two parts Oliveira, Lei, Tibshirani, "Unbiased risk estimation in the
    normal means problem via coupled bootstrap techniques", 2021; of the filling Reeves, IEEE
    TIP 14(10), 2005.
    """

    def __init__(self, shape, side, denoiser, device, dtype):
        self._shape, self._side = tuple(shape), side
        self._latent = tuple(n + side - 1 for n in shape[:2])
        self._grid = fast_grid(self._latent)
        self._denoiser = denoiser
        # Gradients of this size vanish in float16.
        self._dtype = tf.float32 if tf.as_dtype(dtype) == tf.float16 else dtype
        graph = tf.Graph()
        with graph.as_default(), tf.device(device.placement):
            self._transform = device.convolution.transform(self._grid, self._grid)
            self._kernel = tf.placeholder(tf.float32, (side, side), "kernel")
            self._seen = tf.placeholder(tf.float32, [1] + self._grid + [shape[2]], "seen")
            self._hidden = tf.placeholder(tf.float32, (1,) + self._shape, "hidden")
            self._sigma = tf.placeholder(tf.float32, (), "sigma")
            error = self._error()
            self._result = error, tf.gradients(error, self._kernel)[0]
        self._session = device.transforming_session(graph)
        graph.finalize()

    def __call__(self, kernel, seen, hidden, sigma):
        """Return E, and its gradient by the kernel's values, float64 (side, side).

        Args:
            kernel: (side, side), of sum one.
            seen: ``y + w``, (h, w, channels), grey levels.
            hidden: ``y - w``.
            sigma: σ, that of the noise of y.
        """
        margins = [n - m for n, m in zip(self._grid, self._shape)]
        planes = np.moveaxis(np.asarray(seen, np.float32), 2, 0)
        torus = np.stack([periodic(plane, margins) for plane in planes], axis=2)
        feed = {
            self._kernel: kernel,
            self._seen: np.roll(torus, [self._side // 2] * 2, axis=(0, 1))[None],
            self._hidden: hidden[None],
            self._sigma: sigma,
        }
        error, gradient = self._session.run(self._result, feed)
        return float(error), gradient.astype(np.float64)

    def close(self):
        """Free the device's memory."""
        self._session.close()

    def _error(self):
        rest = [[0, n - self._side] for n in self._grid]
        centre = [-(self._side // 2)] * 2
        centred = tf.roll(tf.pad(self._kernel, rest), centre, [0, 1])
        blur = self._transform.forward(centred[None, None])
        x = self._restored(blur)
        predicted = self._view(self._plane(tf.math.conj(blur) * self._spectrum(x)))
        return tf.reduce_mean(tf.square(predicted - self._hidden)) / (2.0 * tf.square(self._sigma))

    def _restored(self, blur):
        """Return ``x(y + w; k)`` on the torus for the spectrum of k."""
        told = 2.0**0.5 * self._sigma
        power = tf.square(tf.math.real(blur)) + tf.square(tf.math.imag(blur))
        end = SIGMA_END * told
        start = tf.maximum(end, SIGMA_START)
        damping = tf.square(told / PEAK) / SLOPE * _curvature(self._grid) + FLOOR
        spectrum = blur * self._spectrum(self._seen) / _complex(power + damping)
        x = self._denoised(self._plane(spectrum), start)
        unknown = np.ones([1] + self._grid + [1], np.float32)
        self._view(unknown)[:] = 0.0
        unknown = tf.constant(unknown)  # one for all that fill in
        known = (1.0 - unknown) * self._seen
        for k in range(1, ITERATIONS):
            sigma = start * (end / start) ** (k / (ITERATIONS - 1.0))
            damping = BETA * tf.square(told / sigma)
            anchor = spectrum = self._spectrum(x)
            for _ in range(FILLS):
                filled = known + unknown * self._plane(tf.math.conj(blur) * spectrum)
                data = blur * self._spectrum(filled)
                spectrum = (data + _complex(damping) * anchor) / _complex(power + damping)
            x = self._denoised(self._plane(spectrum), sigma)
        return x

    def _denoised(self, x, sigma):
        """Return a torus with its latent picture denoised, the rest as it is."""
        rows, columns = self._latent
        copies = CHANNELS // self._shape[2]
        latent = tf.tile(x[:, :rows, :columns], [1, 1, 1, copies])
        latent = self._denoiser(latent, copies**0.5 * sigma, self._dtype)
        if copies > 1:
            latent = tf.reduce_mean(latent, axis=3, keepdims=True)
        upper = tf.concat([latent, x[:, :rows, columns:]], axis=2)
        return tf.concat([upper, x[:, rows:]], axis=1)

    def _view(self, x):
        """Return the part of a torus that is observed."""
        rows, columns = (slice(self._side // 2, self._side // 2 + n) for n in self._shape[:2])
        return x[:, rows, columns]

    def _plane(self, spectrum):
        """Return pictures (1, H, W, channels) for their spectra."""
        return tf.transpose(self._transform.inverse(spectrum), [0, 2, 3, 1])

    def _spectrum(self, x):
        """Return the spectra of pictures (1, H, W, channels)."""
        return self._transform.forward(tf.transpose(x, [0, 3, 1, 2]))


def _complex(x):
    return tf.cast(x, tf.complex64)


def _curvature(grid):
    """Return the eigenvalues of the Laplacian on a torus, the half that real planes need."""
    rows, columns = (2.0 - 2.0 * np.cos(2.0 * np.pi * np.arange(n) / n) for n in grid)
    return np.add.outer(rows, columns[: grid[1] // 2 + 1]).astype(np.float32)
