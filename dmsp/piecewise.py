"""Pictures too large for the memory: the whole restoration, tile by tile."""

import copy

import numpy as np

from dmsp.errors import Unfit
from dmsp.history import CONVERGED, DIVERGED
from dmsp.images import Picture, Skipped
from dmsp.levels import to_uint8
from dmsp.preparation import Batch
from dmsp.restoration import Outcome
from dmsp.seeds import key_of

# Tiles by which the noise of a picture is estimated, and found by their residual.
LOOKED_AT, RESTORED_FIRST = 16, 4
# Of conjugate gradients: tiles agree with the whole to a grey level, mostly to 0.1.
ACCURACY, STEPS = 0.005, 8
SIDE = 512  # observed pixels of the middle of each that are looked at


class Parts:
    """The operators of tiles: one for all, of all pictures of a shape, where A repeats itself."""

    def __init__(self):
        self._whole = self._part = None

    def __call__(self, operator, begin, window):
        """Return that of a window, given A and the window's begin and shape in observed pixels."""
        if operator is not self._whole or not operator.period:
            self._whole = operator
            self._part = operator.part(begin, operator.latent_shape_behind(window))
        return self._part


class Pieces:
    """A picture of which one tile at a time is restored; what is kept of it has the file's depth.

    Args:
        parts: :class:`Parts`.
        operator: A of the whole picture, which computes nothing.
        picture: :class:`dmsp.images.Picture`.
        noise: n as it covers the field of view, grey levels; ``None`` where the picture is the
            observation itself.
        cut: :class:`dmsp.tiles.Cut`.
        seed: the run's.
    """

    def __init__(self, parts, operator, picture, noise, cut, seed):
        self.tiles = cut.tiles(operator.field)
        self._parts, self._cut, self._seed = parts, cut, seed
        self._operator, self._picture, self._noise = operator, picture, noise
        shape = tuple(n * operator.scale for n in operator.field) + (3,)
        kind = np.uint8 if picture.form.dtype == np.uint8 else np.float32
        self.restored = np.empty(shape, kind)
        self.baseline = np.empty(shape, np.uint8)
        self.shown = None
        self._courses, self._statuses = [], []

    def batch(self, tile):
        """Return a tile as a batch of one picture."""
        begin = [self._operator.scale * part.start for part in tile.window]
        window = [part.stop - part.start for part in tile.window]
        part = self._parts(self._operator, begin, window)
        name = "{} at {}, {}".format(self._picture.name, *begin)
        noises, observations, pixels = None, None, self._picture.pixels
        if self._noise is None:
            observations = [part.observation(pixels[tile.window].astype(np.float32))]
            picture = self._picture
        else:
            noises = [part.observation(self._noise[tile.window])]
            rows, columns = (slice(b, b + n) for b, n in zip(begin, part.latent_shape))
            picture = Picture(name, pixels[rows, columns].astype(np.float32))
        key = key_of(self._seed, name)
        return Batch(1, [], part, [picture], [key], noises, observations, cut=self._cut)

    def keep(self, tile, batch, outcome):
        """Take over what belongs to the result of a restored tile."""
        scale = self._operator.scale
        core, place = (
            tuple(slice(scale * part.start, scale * part.stop) for part in where)
            for where in (tile.core, tile.place)
        )
        for whole, found in (
            (self.restored, outcome.restored),
            (self.baseline, outcome.baseline),
        ):
            whole[place] = to_uint8(found[core]) if whole.dtype == np.uint8 else found[core]
        shown = to_uint8(batch.operator.display(batch.observations[0])[tile.core])
        if self.shown is None:
            self.shown = np.empty(tuple(self._operator.field) + shown.shape[2:], np.uint8)
        self.shown[tile.place] = shown
        self._courses.append(outcome.iterations)
        self._statuses.append(outcome.status)

    @property
    def note(self):
        """What was particular of the picture, and the number of its tiles."""
        tiles = "in {} tiles".format(len(self.tiles))
        return ", ".join(filter(None, (self._picture.note, tiles)))

    def outcome(self):
        """Return the :class:`dmsp.restoration.Outcome` of the picture."""
        return Outcome(self.restored, self.baseline, status(self._statuses), pooled(self._courses))


class Piecewise:
    """Restores batches of pictures that are cut into tiles.

    The noise of a picture is one for all its tiles. A level that is told is estimated from
    parts of :data:`LOOKED_AT` tiles; where the solver finds it by the residual,
    :data:`RESTORED_FIRST` of them are restored by themselves, and the mean of what is found
    there by iteration holds in all of them.

    Args:
        noise: :class:`dmsp.noise.NoiseLevel`.
        observed: function of a batch that returns it with its observations.
        solved: function of a batch that restores it, :meth:`dmsp.experiment.Experiment._solved`.
        num_iter: iterations of a tile.
        seed: the run's.
    """

    def __init__(self, noise, observed, solved, num_iter, seed):
        self._noise = noise
        self._observed = observed
        self._solved = solved
        self._num_iter = num_iter
        self._seed = seed
        self._parts = Parts()

    def __call__(self, batch, watch=None, extra=()):
        """Return the batch with what was observed, and its outcomes.

        Args:
            batch: :class:`dmsp.preparation.Batch` with a ``cut``.
            watch: called with the mean iteration of all tiles, and nothing.
            extra: what is known of it beside what is found here.
        """
        pictures, shown, facts, outcomes, lost = [], [], [], [], []
        for picture, noise in zip(batch.pictures, batch.noises or [None] * len(batch.pictures)):
            pieces = Pieces(self._parts, batch.operator, picture, noise, batch.cut, self._seed)
            try:
                known = self._restored(pieces, watch)
            except Unfit as error:
                reason = "cannot be restored: {}".format(error)
                lost.append(Skipped(picture.name, reason))
                continue
            pictures.append(picture._replace(note=pieces.note))
            shown.append(pieces.shown)
            facts.append(dict(known, **dict(extra)))
            outcomes.append(pieces.outcome())
        skipped = batch.skipped + lost
        return batch._replace(
            pictures=pictures, skipped=skipped, shown=shown, facts=facts
        ), outcomes

    def _restored(self, pieces, watch):
        """Restore every tile; return what is known of that."""
        level, variances, seconds = self._noise_of(pieces)
        count = len(pieces.tiles)
        for index, tile in enumerate(pieces.tiles):

            def seen(k, rows, index=index):
                del rows
                watch((index * self._num_iter + k) // count, [])

            batch = self._observed(pieces.batch(tile))
            batch, (outcome,) = self._solved(
                batch, watch and seen, told=[level], variances=variances
            )
            pieces.keep(tile, batch, outcome)
            seconds += batch.facts[0]["seconds"]
        return dict(batch.facts[0], seconds=seconds)

    def _noise_of(self, pieces):
        """Return what the solver is told of the level and the variances, and what time it took.

        The latter by iteration, and the time of restoring alone, as that of the tiles is.
        """
        first = pieces.batch(pieces.tiles[0])
        operator, form = first.operator, first.pictures[0].form
        tell = self._noise.level_for(operator, form.compression)
        seen = (self._seen(pieces, tile) for tile in _spread(pieces, LOOKED_AT))
        level = tell and tell(_joined(seen))
        if not self._noise.by_residual(operator):
            return level, (), 0.0
        courses, seconds = [], 0.0
        for tile in _spread(pieces, RESTORED_FIRST):
            batch = self._observed(pieces.batch(tile))
            batch, (outcome,) = self._solved(batch, told=[level])
            seconds += batch.facts[0]["seconds"]
            courses.append(np.square([row["noise"] for row in outcome.iterations]))
        shortest = min(len(course) for course in courses)
        return level, np.mean([course[:shortest] for course in courses], axis=0), seconds

    def _seen(self, pieces, tile):
        batch = self._observed(pieces.batch(tile))
        planes = batch.operator.planes(batch.observations[0])
        starts = [max(0, (n - SIDE) // 2) for n in planes.shape]
        return planes[starts[0] :, starts[1] :][:SIDE, :SIDE]


def converging(optimizer):
    """Return an optimizer like one whose data step goes as far in every part of a picture.

    Conjugate gradients weigh their steps by the whole picture; :data:`ACCURACY`, or so many
    :data:`STEPS` where nothing else ends them, come to where that no longer matters.
    """
    optimizer = copy.copy(optimizer)
    if hasattr(optimizer, "accuracy"):
        optimizer.accuracy = min(optimizer.accuracy, ACCURACY)
    elif hasattr(optimizer, "steps"):
        optimizer.steps = max(optimizer.steps, STEPS)
    return optimizer


def foremost(batch, score):
    """Return the tile of the highest score of a batch of one picture.

    Args:
        batch: whose picture is its observation itself.
        score: function of a tile's pixels, (h, w, 3).
    """
    picture = batch.pictures[0]
    pieces = Pieces(Parts(), batch.operator, picture, None, batch.cut, 0)
    return pieces.batch(max(pieces.tiles, key=lambda tile: score(picture.pixels[tile.window])))


def _spread(pieces, count):
    """Return so many tiles at equal distances, or all."""
    tiles = pieces.tiles
    places = np.linspace(0, len(tiles) - 1, min(count, len(tiles)))
    return [tiles[int(round(place))] for place in places]


def _joined(parts):
    """Return pictures below each other, a row of nothing between."""
    joined = []
    for planes in parts:
        joined += [planes, np.full((1,) + planes.shape[1:], np.nan, np.float32)]
    return np.concatenate(joined[:-1])


def status(statuses):
    """Return the status of a picture with tiles of these."""
    for status in statuses:
        if status.startswith(DIVERGED):
            return "{}, in a tile".format(status)
    if all(status.startswith(CONVERGED) for status in statuses):
        return max(statuses, key=lambda status: int(status.split()[-1]))
    return next(status for status in statuses if not status.startswith(CONVERGED))


def pooled(courses):
    """Return the figures of all tiles by iteration: root mean squares, and the sum of the times."""
    longest = max(courses, key=len)
    rows = []
    for i, first in enumerate(longest):
        there = [course[i] for course in courses if i < len(course)]
        row = {"iteration": first["iteration"], "ms": sum(one["ms"] for one in there)}
        for name in ("residual", "step", "noise"):
            row[name] = float(np.sqrt(np.mean([one[name] ** 2 for one in there])))
        rows.append(row)
    return rows
