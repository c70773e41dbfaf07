"""Self-ensemble: one picture denoised in several orientations, and the mean of what comes out."""

from dmsp.errors import UserError
from dmsp.tensorflow import tf

# What is mirrored, rows (1) or columns (2), and whether rows and columns change places then.
SYMMETRIES = [(axes, transposed) for transposed in (False, True) for axes in ([], [2], [1], [1, 2])]
SIZES = (1, 2, 4, 8)


def check(size):
    """Raise a UserError unless ``size`` is one of :data:`SIZES`."""
    if type(size) is not int or size not in SIZES:
        raise UserError(
            "denoiser.ensemble={}: give the number of orientations, one of {}".format(
                size, ", ".join(str(known) for known in SIZES)
            )
        )


def ensembled(evaluate, size):
    """Return ``x, σ ↦ mean_F F⁻¹ r(F x, F σ)`` over the first ``size`` symmetries F of the square.

    They are the identity, the mirror image, both upside down, and all four transposed. A trained
    network treats them a little differently, and so its errors partly average out, at ``size``
    times the cost. The evaluations follow each other, so that memory does not grow with them.

    Args:
        evaluate: ``r(x, sigma)`` of pictures (N, H, W, channels) of any static H and W.
        size: one of :data:`SIZES`; with 1 this is ``evaluate``.

    Source: Lim et al., Enhanced deep residual networks for single image
    super-resolution, CVPR workshops 2017, section 4.1.
    """

    def mean(x, sigma):
        total = 0.0
        for mirrored, transposed in SYMMETRIES[:size]:
            with tf.control_dependencies([total] if transposed or mirrored else []):
                turned = [
                    _transpose(_mirror(tensor, mirrored), transposed) for tensor in (x, sigma)
                ]
                image = evaluate(*turned)
            total += _mirror(_transpose(image, transposed), mirrored)
        return total / float(size)

    return mean if size > 1 else evaluate


def _mirror(tensor, axes):
    return tf.reverse(tensor, axes) if axes and _spatial(tensor) else tensor


def _transpose(tensor, transposed):
    return tf.transpose(tensor, [0, 2, 1, 3]) if transposed and _spatial(tensor) else tensor


def _spatial(tensor):
    """Return whether it differs among pixels, as a level that is the same for all does not."""
    return hasattr(tensor, "shape") and len(tensor.shape) == 4 and tensor.shape[1:3] != [1, 1]
