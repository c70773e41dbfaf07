"""PSNR of a network on held-out pictures and on evaluation sets."""

import numpy as np
import tensorflow.compat.v1 as tf


def noisy(clean, sigma, seed, index, copies=1):
    """Return clean + σ n, n alike in ``copies`` channels and keyed by (seed, picture, level)."""
    rng = np.random.default_rng([seed, index, int(round(1000 * sigma))])
    shape = clean.shape[:2] + (clean.shape[2] // copies,)
    return clean + np.float32(sigma) * rng.standard_normal(shape, dtype=np.float32)


def psnr(estimate, clean):
    """Return the PSNR in dB over all of RGB, after clipping and rounding to grey levels."""
    rounded = np.round(np.clip(estimate, 0.0, 255.0))
    error = np.mean(np.square(rounded - clean, dtype=np.float64))
    return 10.0 * np.log10(255.0**2 / max(error, 1e-10))


class Validation:
    """Mean PSNR per noise level over the centres of held-out pictures.

    Args:
        pictures: uint8 (H, W, 3) each.
        denoise: function (x, sigma) → tensor that builds the network.
        levels: noise levels in grey levels.
        seed: of the noise.
        side: largest side of the centre crops; the smallest picture decides.
        copies: channels that share each value of the noise.

    Attributes:
        name: what it measures on, in words.
    """

    def __init__(self, pictures, denoise, levels, seed, side=320, copies=1):
        side = min([side] + [min(picture.shape[:2]) for picture in pictures])
        self.name = "{} held out, {}×{} centres".format(len(pictures), side, side)
        self._pictures = [_centre(picture, side).astype(np.float32) for picture in pictures]
        self._levels, self._seed, self._copies = levels, seed, copies
        self._x = tf.placeholder(tf.float32, [1, side, side, 3])
        self._sigma = tf.placeholder(tf.float32, [])
        self._restored = denoise(self._x, copies**0.5 * self._sigma)

    def __call__(self, session):
        """Return {level: mean PSNR in dB}."""
        return {
            level: float(
                np.mean(
                    [
                        self._one(session, level, index, clean)
                        for index, clean in enumerate(self._pictures)
                    ]
                )
            )
            for level in self._levels
        }

    def _one(self, session, level, index, clean):
        x = noisy(clean, level, self._seed, index, self._copies)
        restored = session.run(self._restored, {self._x: x[None], self._sigma: level})
        return psnr(restored[0], clean)


def _centre(picture, side):
    top, left = ((length - side) // 2 for length in picture.shape[:2])
    return picture[top : top + side, left : left + side]


def evaluate(denoiser, pictures, levels, seed, device, copies=1):
    """Return {level: mean PSNR in dB} of a denoiser on whole pictures, float32.

    Args:
        denoiser: a :class:`dmsp.denoisers.Denoiser`.
        pictures: uint8 (H, W, 3) each, of any sizes.
        levels: noise levels in grey levels; the noise is not clipped.
        seed: of the noise.
        device: :class:`dmsp.runtime.Device`.
        copies: channels that share each value of the noise.
    """
    totals = dict.fromkeys(levels, 0.0)
    for shape in sorted({picture.shape for picture in pictures}):
        with tf.Graph().as_default() as graph, tf.device(device.placement):
            x, sigma = tf.placeholder(tf.float32, (1, *shape)), tf.placeholder(tf.float32, [])
            restored = denoiser(x, copies**0.5 * sigma)
            device.check(graph)
        with device.session(graph) as session:
            for index, picture in enumerate(pictures):
                for level in levels if picture.shape == shape else ():
                    clean = picture.astype(np.float32)
                    y = noisy(clean, level, seed, index, copies)
                    found = session.run(restored, {x: y[None], sigma: level})[0]
                    totals[level] += psnr(found, clean)
    return {level: total / len(pictures) for level, total in totals.items()}
