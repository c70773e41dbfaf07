"""Between degradation and restoration: the blur is estimated from what is observed."""

import contextlib
import functools
import itertools
import time

import numpy as np

from dmsp import checks, noise
from dmsp.blind import displacement, evaluations, moved, predictive, steepness, window
from dmsp.errors import Unfit, UserError
from dmsp.operators import Grey
from dmsp.seeds import observation_noise

SIDE = 31  # pixels
WINDOW = 256  # pixels, and eight times the kernel's side where that is more
MARGIN = 2  # pixels on each side: the estimate has its mass in the middle, the true kernel has not


class KernelBlind:
    """Puts a blur of the estimated kernel in the place of the true one.

    The estimate from salient edges, :class:`dmsp.blind.KernelEstimator`, is one of two
    kernels where a descent starts: to the kernel that predicts best what a restoration
    with it has not seen, :func:`dmsp.blind.predictive`.

    Of a large picture all of this sees the :func:`dmsp.blind.window` with most gradients.

    Args:
        estimator: :class:`dmsp.blind.KernelEstimator`.
        size: side of the kernel in pixels, odd; ``None`` for that of the true one and a
            :data:`MARGIN`, where there is none for :data:`SIDE`.
        descents: of the prediction's error, each with other noise; the first has two starts.

    Raises:
        UserError: an argument is out of its range.
    """

    def __init__(self, estimator, size=None, descents=4):
        if size is not None:
            checks.number("task.kernel_size", size, 3, 255, "an odd number of pixels", whole=True)
            if size % 2 == 0:
                raise UserError("task.kernel_size={}: give an odd number, such as 31".format(size))
        checks.number("task.kernel_blind.descents", descents, 0, whole=True)
        self._estimator = estimator
        self._size = size
        self._descents = descents

    def side(self, operator):
        """Return the side of the kernel that is estimated behind a blur."""
        true = max(operator.kernel.shape)
        return self._size or (SIDE if true == 1 else true + 1 - true % 2 + 2 * MARGIN)

    def check(self, operator):
        """Raise :class:`dmsp.errors.Unfit` where a picture is too small to tell the kernel."""
        side = self.side(operator)
        if min(operator.observed_shape) < 2 * side:
            raise Unfit(
                "of {} x {} blurred pixels one cannot tell a kernel of {} x {}; take larger "
                "pictures, or a smaller task.kernel_size".format(
                    *(tuple(operator.observed_shape) + (side, side))
                )
            )

    def promise(self, operator, pixels):
        """Return how well a part of an observation behind a blur tells the kernel."""
        return steepness(pixels, _extent(self.side(operator)))

    def __call__(self, batch, operator_for, restored, prediction_for, level, turned=None):
        """Return a :class:`dmsp.preparation.Batch` of one observed picture with its estimate.

        A truth is moved to where the picture is that is restored with the estimate.

        Args:
            batch: with the true operator, or any where it is not known.
            operator_for: function of a latent shape and a kernel that returns the operator.
            restored: function of a batch and of what the solver is told of its noise, grey levels
                or ``None``, that returns its picture restored.
            prediction_for: function of an observation's shape and a kernel's side that returns
                a :class:`dmsp.blind.Prediction`.
            level: what the solver is told of the batch's noise.
            turned: called before each restoration with its number, from 1, and about how many
                there are.

        Returns:
            the batch, and the seconds that the estimate took.
        """
        start = time.perf_counter()
        side = self.side(batch.operator)
        seen = _seen(batch, _extent(side))
        total = evaluations(self._descents) + (batch.truths is not None)
        turns = itertools.count(1)

        def turn():
            if turned is not None:
                turned(min(next(turns), total), total)

        kernel = self._estimator(seen.observations[0], side)
        if self._descents:
            kernel = self._predictive(kernel, seen, prediction_for, level, turn)
        seconds = time.perf_counter() - start
        if batch.truths is None:
            return _estimated(batch, kernel, operator_for), seconds
        turn()
        picture = restored(_estimated(seen, kernel, operator_for), level)
        shift = displacement(picture, seen.operator.in_view(seen.truths[0]))
        return _estimated(batch, kernel, operator_for, shift), seconds

    def _predictive(self, kernel, seen, prediction_for, level, turn):
        """Return the kernel that predicts the observation best, from a first one."""
        y = seen.observations[0]
        sigma = level or max(noise.estimate(seen.operator.planes(y)), noise.SMALLEST_SIGMA)
        with contextlib.closing(prediction_for(y.shape, len(kernel))) as prediction:

            def error(kernel, w):
                turn()
                return prediction(kernel, y + w, y - w, sigma)

            keys = (np.append(seen.keys[0], np.int32(k)) for k in range(self._descents))
            noises = (sigma * observation_noise(key, y.shape) for key in keys)
            return predictive(kernel, [functools.partial(error, w=w) for w in noises])

    @staticmethod
    def with_kernel(operator, kernel, operator_for):
        """Return a blur with another kernel, of the same observed shape and channels.

        Args:
            operator: the blur.
            kernel: the other kernel.
            operator_for: function of a latent shape and a kernel that returns the operator.
        """
        shape = tuple(n + k - 1 for n, k in zip(operator.observed_shape, kernel.shape))
        other = operator_for(shape, kernel)
        return Grey(other) if isinstance(operator, Grey) else other


def _extent(side):
    """Return the side of the window by which a kernel of this side is told."""
    return max(WINDOW, 8 * side)


def _seen(batch, side):
    """Return the batch of the part of its observation that tells the kernel."""
    rows, columns = window(batch.observations[0], side)
    y = batch.observations[0][rows, columns]
    begin = rows.start, columns.start
    part = batch.operator.part(begin, batch.operator.latent_shape_behind(y.shape[:2]))
    latent = tuple(slice(b, b + n) for b, n in zip(begin, part.latent_shape))
    pictures = [picture._replace(pixels=picture.pixels[latent]) for picture in batch.pictures]
    return batch._replace(operator=part, pictures=pictures, observations=[y])


def _estimated(batch, kernel, operator_for, shift=(0.0, 0.0)):
    """Return a batch with the blur of an estimated kernel, its truth registered by a shift."""
    true, pictures = batch.operator, batch.pictures
    operator = KernelBlind.with_kernel(true, kernel, operator_for)
    if batch.truths is not None:
        pixels = registered(batch.truths[0], true, operator, shift)
        pictures = [pictures[0]._replace(pixels=pixels)]
    return batch._replace(operator=operator, pictures=pictures)


def registered(truth, true, estimated, shift):
    """Return a truth at the estimated operator's latent shape, and where that has the picture.

    A blurred picture tells its kernel up to a translation, which the picture
    makes up for. Beyond the field of view its edge pixels go on.

    Args:
        truth: (H, W, channels) of the true operator's latent shape.
        true: the blur behind the observation.
        estimated: the blur of the estimated kernel, of the same observed shape.
        shift: by how many pixels it moves, (rows, columns).
    """
    view = true.in_view(moved(truth, shift))
    return np.pad(view, list(estimated.margin) + [(0, 0)], "edge")
