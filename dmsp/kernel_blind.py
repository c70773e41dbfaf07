"""Between degradation and restoration: the blur is estimated from what is observed."""

import itertools
import time

import numpy as np

from dmsp import checks, noise
from dmsp.blind import agreed, displacement, moved, refined, steepness, tidied, window
from dmsp.errors import Unfit, UserError
from dmsp.operators import Grey
from dmsp.seeds import observation_noise

SIDE = 31  # pixels
WINDOW = 384  # pixels, and eight times the kernel's side where that is more
MARGIN = 2  # pixels on each side: the estimate has its mass in the middle, the true kernel has not
LOUDNESS = 2.0  # τ
AVERAGED = 4  # kernels


class KernelBlind:
    """Puts a blur of the estimated kernel in the place of the true one.

    After the estimate from salient edges, picture and kernel are estimated in
    turn: the picture is restored with the present kernel, as by ``task=deblur``,
    and the kernel fitted to its steep edges, :func:`dmsp.blind.refined`.

    What is left of the noise in a restored picture draws such a fit away from the
    true kernel. So in the last turns the observation is split in two whose noise is
    independent: the picture is restored from ``y + τ w`` and the kernel fitted to
    ``y - w/τ``, w being white and as loud as the noise; and the same with ``-w``, the
    two fits being one, :func:`dmsp.blind.agreed`, since what one w does to the kernel
    the other undoes. The more noise, the more a picture follows the prior and the
    less the present kernel. The mean of the last :data:`AVERAGED` kernels is taken.

    Of a large picture all of this sees the :func:`dmsp.blind.window` with most gradients.

    Args:
        estimator: :class:`dmsp.blind.KernelEstimator`.
        size: side of the kernel in pixels, odd; ``None`` for that of the true one and a
            :data:`MARGIN`, where there is none for :data:`SIDE`.
        rounds: how many turns with the observation as it is.
        splits: how many with it split, of two restorations each.

    Raises:
        UserError: an argument is out of its range.

    Source: Bigdeli et al., NIPS 2017, section 3.2; of the split: Oliveira, Lei,
    Tibshirani, "Unbiased risk estimation in the normal means problem via coupled
    bootstrap techniques", 2021.
    """

    def __init__(self, estimator, size=None, rounds=4, splits=8):
        if size is not None:
            checks.number("task.kernel_size", size, 3, 255, "an odd number of pixels", whole=True)
            if size % 2 == 0:
                raise UserError("task.kernel_size={}: give an odd number, such as 31".format(size))
        checks.number("task.kernel_blind.rounds", rounds, 0, whole=True)
        checks.number("task.kernel_blind.splits", splits, 0, whole=True)
        self._estimator = estimator
        self._size = size
        self._rounds = rounds
        self._splits = splits

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

    def __call__(self, batch, operator_for, restored, level, turned=None):
        """Return a :class:`dmsp.preparation.Batch` of one observed picture with its estimate.

        A truth is moved to where the picture is that is restored with the estimate.

        Args:
            batch: with the true operator, or any where it is not known.
            operator_for: function of a latent shape and a kernel that returns the operator.
            restored: function of a batch and of what the solver is told of each picture's noise,
                grey levels or ``None``, that returns the pictures restored.
            level: what it is told of the batch's.
            turned: called before each restoration with its number, from 1, and how many there are.

        Returns:
            the batch, and the seconds that the estimate took.
        """
        start = time.perf_counter()
        side = self.side(batch.operator)
        seen = _seen(batch, _extent(side))
        y = seen.observations[0]
        turns = itertools.count(1)

        def pictures(kernel, observations, told):
            if turned is not None:
                turned(next(turns), self._rounds + self._splits + (batch.truths is not None))
            part = _with(_estimated(seen, kernel, operator_for), observations)
            return restored(part, [told] * part.size)

        kernel = self._estimator(y, side)
        for _ in range(self._rounds):
            kernel = refined(kernel, pictures(kernel, [y], level)[0], y)
        if self._splits:
            kernel = self._split(kernel, seen, level, pictures)
        seconds = time.perf_counter() - start
        if batch.truths is None:
            return _estimated(batch, kernel, operator_for), seconds
        (picture,) = pictures(kernel, [y], level)
        shift = displacement(picture, seen.operator.in_view(seen.truths[0]))
        return _estimated(batch, kernel, operator_for, shift), seconds

    def _split(self, kernel, seen, level, pictures):
        """Return the kernel on which halves of the observation agree."""
        y = seen.observations[0]
        sigma = level or max(noise.estimate(seen.operator.planes(y)), noise.SMALLEST_SIGMA)
        told = level and float(np.hypot(level, LOUDNESS * sigma))
        kernels = []
        for k in range(self._splits):
            w = sigma * observation_noise(np.append(seen.keys[0], np.int32(k)), y.shape)
            halves = [y + LOUDNESS * w, y - LOUDNESS * w]
            others = [y - w / LOUDNESS, y + w / LOUDNESS]
            kernel = agreed(kernel, pictures(kernel, halves, told), others)
            kernels.append(kernel)
        return tidied(np.mean(kernels[-AVERAGED:], axis=0))

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


def _with(batch, observations):
    """Return a batch of one picture with as many others observed of it."""
    n = len(observations)
    return batch._replace(
        size=n,
        pictures=n * batch.pictures,
        keys=n * batch.keys,
        noises=batch.noises and n * batch.noises,
        observations=observations,
    )


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
