"""PSNR and SSIM with their protocol stated."""

from typing import NamedTuple, Tuple

import numpy as np

from dmsp.levels import PEAK, to_uint8

WINDOW = 11


class Protocol(NamedTuple):
    """How two pictures are compared; it travels with the figure.

    Attributes:
        border: rows and columns left out on every side.
        quantise: whether both pictures are rounded to whole grey levels first.
    """

    border: Tuple[int, int] = (0, 0)
    quantise: bool = True

    @property
    def name(self):
        """The protocol in words, for results."""
        values = "rounded to uint8" if self.quantise else "not rounded"
        return "RGB, border {}x{}, {}, range 255".format(self.border[0], self.border[1], values)

    def prepare(self, picture):
        """Return the part of a picture (H, W, 3) that is compared, float64."""
        rows, columns = self.border
        view = picture[rows : len(picture) - rows, columns : picture.shape[1] - columns]
        return np.asarray(to_uint8(view) if self.quantise else view, np.float64)


def psnr(estimate, truth, protocol):
    """Return the peak signal-to-noise ratio ``10 log10(255² / mean((x - t)²))`` in dB.

    Infinite for equal pictures. Both are (H, W, 3) in grey levels.
    """
    error = np.mean(np.square(protocol.prepare(estimate) - protocol.prepare(truth)))
    return float("inf") if error == 0 else float(10 * np.log10(PEAK**2 / error))


def ssim(estimate, truth, protocol):
    """Return the mean structural similarity over pixels and channels.

    Gaussian window of 11 pixels and σ = 1.5, K₁ = 0.01, K₂ = 0.03; ``None`` for
    pictures smaller than the window. Both are (H, W, 3) in grey levels.

    Source: Wang et al., IEEE TIP 13(4), 2004.
    """
    from skimage.metrics import structural_similarity

    estimate, truth = protocol.prepare(estimate), protocol.prepare(truth)
    if min(truth.shape[:2]) < WINDOW:
        return None
    return float(
        structural_similarity(
            estimate,
            truth,
            data_range=PEAK,
            channel_axis=2,
            gaussian_weights=True,
            sigma=1.5,
            use_sample_covariance=False,
        )
    )
