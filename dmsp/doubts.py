"""What may be wrong with a restoration, where no truth tells."""

import numpy as np

from dmsp.levels import PEAK

# A residual that a fitting kernel does not leave: measured up to 1.5 times the noise, and 1.7
# grey levels in a JPEG of quality 30, whose noise is taken for 0.5.
TIMES, ABOVE = 2.0, 1.0


def contradiction(kernel, told, residual):
    """Return a line where an observation cannot be a picture blurred by the kernel, else nothing.

    Args:
        kernel: of the blur, ``None`` without one.
        told: standard deviation of the noise, a fraction of the peak; ``None`` where unknown.
        residual: root mean square of ``A x - y`` for the restored x, grey levels.
    """
    if kernel is None or np.size(kernel) == 1 or told is None or not residual:
        return ""
    noise = PEAK * told
    if residual <= TIMES * noise + ABOVE:
        return ""
    return (
        "kernel and picture contradict each other: restored and blurred again it is {:.1f} grey "
        "levels from what was observed, and the noise is {:.1f}; check kernel, noise and "
        "num_iter".format(residual, noise)
    )
