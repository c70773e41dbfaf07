"""The kernel that predicts best what restorations with it have not seen."""

import numpy as np
from scipy.ndimage import binary_dilation
from scipy.optimize import minimize

from dmsp.blind.kernel_step import centred, cleaned

EVALUATIONS = 20  # of the error with one noise, about
LINE_SEARCH = 8  # evaluations at most
KERNEL_UNIT, ERROR_UNIT = 1e-2, 1e-3  # of a value of the kernel, and of what it changes in E
REACH = 2  # pixels
NEIGHBOURS = np.ones((3, 3))


def predictive(k, errors):
    """Return the kernel, near a first one, that predicts best.

    ``argmin_k E(k)`` over kernels that are non-negative, of sum one, by the limited-memory
    BFGS method with bounds. Each E has noise of its own, and for some evaluations only:
    a kernel would follow the noise. For the same reason the kernel loses what is faint or
    apart in between, and may then grow only from where it is; and a first one may grow anywhere.

    Args:
        k: where to start, (size, size), odd.
        errors: the E, an iterable of functions of a kernel that return E and its gradient,
            :class:`dmsp.blind.prediction.Prediction`.

    Source: Byrd, Lu, Nocedal, Zhu, SIAM J. Sci. Comput. 16(5), 1995.
    """
    free = np.ones(k.shape, bool)
    for error in errors:
        k = centred(_descended(k * free, error, free))
        k = centred(cleaned(k))
        free = binary_dilation(k > 0, NEIGHBOURS, REACH)
    return k.astype(np.float32)


def _descended(k, error, free):
    """Return where the descent of an error ends, only some values being free."""

    def scaled(q):
        """Return the error of ``k = q / sum q`` and its gradient by q."""
        q = q.reshape(k.shape)
        kernel = q / q.sum()
        value, gradient = error(kernel)
        gradient = (gradient - np.sum(gradient * kernel)) / q.sum()
        return value / ERROR_UNIT, gradient.ravel() / ERROR_UNIT

    options = {"maxfun": EVALUATIONS, "maxcor": EVALUATIONS, "maxls": LINE_SEARCH}
    found = minimize(
        scaled,
        k.ravel() / KERNEL_UNIT,
        jac=True,
        method="L-BFGS-B",
        bounds=[(0.0, None if value else 0.0) for value in free.ravel()],
        options={**options, "ftol": 0.0, "gtol": 0.0},
    )
    return found.x.reshape(k.shape)
