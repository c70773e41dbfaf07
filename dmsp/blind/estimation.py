"""From a blurred picture to the kernel that blurred it, from coarse to fine."""

import numpy as np

from dmsp import checks, noise
from dmsp.blind.edges import derivatives, periodic, sharpened
from dmsp.blind.kernel_step import centred, cleaned, fitted
from dmsp.blind.marginal import Marginal
from dmsp.errors import UserError
from dmsp.levels import PEAK
from dmsp.operators.resampling import imresize_matrix

COARSEST = 5  # pixels, the kernel's side at the top of the pyramid
STEP = np.sqrt(2.0)


class KernelEstimator:
    """Estimates blur kernels.

    The picture is looked at through a pyramid: on the coarsest level a few
    pixels hold the kernel, and each level starts from the kernel of the one
    before. On each level two steps alternate: a picture of salient edges that
    explains the observation under the present kernel
    (:func:`dmsp.blind.edges.sharpened`), and the kernel that fits its
    derivatives to those of the observation (:func:`dmsp.blind.kernel_step.fitted`).

    Which kernel the pyramid leads to depends on the price of an edge and on the
    first kernel, and no choice is right for all. So several are tried and improved,
    and the most likely kernel is taken, both by the likelihood without the picture
    (:class:`dmsp.blind.marginal.Marginal`). Which of them leads to the true kernel
    shows only after the improvement, which makes up for what is missing.

    Args:
        alternations: how often the steps alternate on a level.
        edge_weights: prices of an edge at the coarsest level, for values from 0 to 1.
        edge_weight_end: lowest price; from alternation to alternation it falls by a tenth.
        ridge: weight of ‖k‖² as a share of the picture's energy.

    Raises:
        UserError: an argument is out of its range.

    Source: the objective is that of Bigdeli et al., NIPS 2017, section 3.2; the
    pyramid and the salient edges are those of Cho, Lee, ACM Trans. Graph. 28(5),
    2009, and of Pan et al., CVPR 2014.
    """

    def __init__(self, alternations=5, edge_weights=(1e-2, 4e-2), edge_weight_end=1e-4, ridge=1e-3):
        checks.number("task.estimator.alternations", alternations, 1, whole=True)
        if not edge_weights:
            raise UserError("task.estimator.edge_weights=[]: give prices, such as [0.01,0.04]")
        for weight in edge_weights:
            checks.number("task.estimator.edge_weights", weight, 1e-6, such_as=1e-2)
        checks.number("task.estimator.edge_weight_end", edge_weight_end, 1e-6, such_as=1e-4)
        checks.number("task.estimator.ridge", ridge, 0)
        self.alternations = alternations
        self.edge_weights = tuple(edge_weights)
        self.edge_weight_end = edge_weight_end
        self.ridge = ridge

    def __call__(self, observation, side):
        """Return the estimated kernel, float32 (side, side) of sum one, its mass in the middle.

        Args:
            observation: (h, w, channels), grey levels.
            side: of the square kernel in pixels, odd; at least as large as the
                blur, and better not much larger.
        """
        grey = np.mean(np.asarray(observation, np.float64), axis=2, keepdims=True)
        sigma = max(noise.estimate(grey), noise.SMALLEST_SIGMA) / PEAK
        variance = 2.0 * sigma**2  # of a difference
        y = np.asarray(grey[:, :, 0] / PEAK, np.float32)
        marginal = Marginal(y, side)
        found = []
        for weight in self.edge_weights:
            for lying in (True, False):
                k = self._through_the_pyramid(y, side, weight, lying)
                if not any(np.allclose(k, other) for other in found):  # two first ones may meet
                    found.append(k)
        improved = [centred(marginal.improved(k, variance)) for k in found]
        # Of two kernels, faint values all over would decide otherwise.
        likeliest = min(improved, key=lambda k: marginal.energy(cleaned(k), 1.5 * variance))
        return likeliest.astype(np.float32)

    def _through_the_pyramid(self, y, side, weight, lying):
        """Return the kernel for a price of an edge and a first kernel, lying or standing."""
        k = None
        for size in pyramid(side):
            level = resized(y, [int(round(n * size / side)) for n in y.shape])
            k = _first(size, lying) if k is None else _enlarged(k, size)
            k, weight = self._alternate(level, k, weight)
        return k

    def _alternate(self, y, k, weight):
        """Return the kernel of a level, and the next level's price of an edge."""
        size = len(k)
        margin = min(2 * size, min(y.shape) - 1)
        torus = periodic(y, (margin, margin))
        # What the wrapped sides reach tells nothing of the kernel.
        inner = np.zeros(torus.shape, torus.dtype)
        inner[tuple(slice(size // 2, n - size // 2) for n in y.shape)] = 1.0
        observed = [inner * g for g in derivatives(torus)]
        for _ in range(self.alternations):
            edges = derivatives(sharpened(torus, k, weight))
            k = fitted([inner * g for g in edges], observed, size, self.ridge)
            k = centred(cleaned(k))
            weight = max(weight / 1.1, self.edge_weight_end)
        return k, weight


def pyramid(size):
    """Return the kernel's sides from coarse to fine, odd, √2 apart."""
    sizes = [size]
    while sizes[-1] > COARSEST:
        smaller = int(round(sizes[-1] / STEP))
        sizes.append(max(smaller - 1 + smaller % 2, 3))
    return sizes[::-1]


def resized(x, shape):
    """Return an array bicubically resized, without aliasing."""
    rows, columns = (
        imresize_matrix(n, m / float(n)) if m != n else np.eye(n, dtype=x.dtype)
        for n, m in zip(x.shape, shape)
    )
    return rows @ x @ columns.T


def _first(size, lying):
    """Return two neighbouring pixels of a row or column: from a single one nothing would start."""
    k = np.zeros((size, size))
    k[size // 2, size // 2 - 1 : size // 2 + 1] = 0.5
    return k if lying else k.T


def _enlarged(k, size):
    return centred(np.maximum(resized(k, (size, size)), 0.0))
