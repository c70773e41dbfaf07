"""The kernel that predicts best what restorations with it have not seen."""

import numpy as np
from scipy.ndimage import gaussian_filter
from scipy.optimize import minimize

from dmsp import kernels
from dmsp.blind.kernel_step import centred, cleaned

EVALUATIONS = 20  # of the error with one noise, about
LINE_SEARCH = 8  # evaluations at most
KERNEL_UNIT, ERROR_UNIT = 1e-2, 1e-3  # of a value of the kernel, and of what it changes in E
PRICE = 0.006  # in E, of all of the kernel where nothing of it was
NEAR, ENOUGH = 1.0, 0.15  # pixels; share of the peak from which on there is no price
NEIGHBOURS = 0.8  # pixels, by which a value is judged in the end


def evaluations(errors):
    """Return about how many evaluations :func:`predictive` makes of so many errors."""
    return (errors + (errors > 1)) * EVALUATIONS


def predictive(k, errors):
    """Return the kernel that predicts best, from a first one or from nearly no blur.

    ``argmin_k E(k) + sum_u p(u) k(u)`` over kernels that are non-negative, of sum one, by the
    limited-memory BFGS method with bounds. A first kernel can be wrong in ways that no descent
    mends, so there is a second start, a small blob; of where the two lead, that goes on which
    predicts better with noise that neither has seen, where there is such noise: two errors.

    Each E has noise of its own, and for some evaluations only: a kernel would follow the noise,
    with faint values all over. Hence the price p, from the second descent on, of mass where the
    last kernel has none near; what is real grows in spite of it, and is soon free. g is that
    kernel smoothed by a Gaussian:

    ``p = 0.006 max(0, 1 - g / (0.15 max g))``

    The last descent has the values that stand out only, the fewest that can follow noise.

    Args:
        k: where to start, (size, size), odd.
        errors: the E, functions of a kernel that return E and its gradient,
            :class:`dmsp.blind.prediction.Prediction`; the first of several is descended from
            both starts.

    Source: Byrd, Lu, Nocedal, Zhu, SIAM J. Sci. Comput. 16(5), 1995; of prices by the last
    estimate Candes, Wakin, Boyd, J. Fourier Anal. Appl. 14, 2008.
    """
    first, *others = errors
    k = _descended(k, first)
    if others:
        ends = k, _descended(_blob(len(k)), first)
        k = min(ends, key=lambda end: others[0](end)[0])
    for error in others[:-1]:
        k = _descended(k, error, _price(k))
    k = _outstanding(k)
    if others:
        k = _outstanding(_descended(k, others[-1], free=k > 0))
    return k.astype(np.float32)


def _blob(side):
    """Return a kernel of nearly no blur, nowhere zero."""
    return 0.9 * kernels.gaussian(1.0, side) + 0.1 / side**2


def _outstanding(k):
    return centred(cleaned(k, neighbours=NEIGHBOURS))


def _price(k):
    """Return what a unit of mass costs at each place, the last kernel being k."""
    near = gaussian_filter(k, NEAR, mode="constant")
    return PRICE * np.maximum(0.0, 1.0 - near / (ENOUGH * near.max()))


def _descended(k, error, price=0.0, free=True):
    """Return where the descent of an error and a price ends, moved to the middle.

    Values that are not free stay zero.
    """

    def scaled(q):
        """Return the error of ``k = q / sum q`` and its gradient by q."""
        q = q.reshape(k.shape)
        kernel = q / q.sum()
        value, gradient = error(kernel)
        value, gradient = value + np.sum(price * kernel), gradient + price
        gradient = (gradient - np.sum(gradient * kernel)) / q.sum()
        return value / ERROR_UNIT, gradient.ravel() / ERROR_UNIT

    options = {"maxfun": EVALUATIONS, "maxcor": EVALUATIONS, "maxls": LINE_SEARCH}
    found = minimize(
        scaled,
        k.ravel() / KERNEL_UNIT,
        jac=True,
        method="L-BFGS-B",
        bounds=[(0.0, None if value else 0.0) for value in np.broadcast_to(free, k.shape).flat],
        options={**options, "ftol": 0.0, "gtol": 0.0},
    )
    return centred(found.x.reshape(k.shape))
