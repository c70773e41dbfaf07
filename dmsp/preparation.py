"""From picture files to batches that are ready for the solver, on the host alone."""

from typing import Any, List, NamedTuple, Optional

from dmsp import images
from dmsp.errors import Unfit
from dmsp.operators import Grey
from dmsp.seeds import key_of, observation_noise


class Batch(NamedTuple):
    """Pictures of one shape on their way through a run.

    Attributes:
        size: how many the device restores together, also where some are missing.
        skipped: :class:`dmsp.images.Skipped`, those that cannot be restored.
        operator: A for their shape.
        pictures: :class:`dmsp.images.Picture`, those that can.
        keys: of their random numbers.
        noises: n of each in grey levels, ``None`` where nothing is to be degraded.
        observations: y of each, ``None`` where they are yet to be made of the pictures.
        facts: what is known of each one's restoration, as in :class:`dmsp.reports.PictureResult`.
        cut: :class:`dmsp.tiles.Cut` of pictures too large for the memory, which are restored in
            tiles: their observations are made tile by tile, their pixels may be uint8, and their
            noises cover the field of view.
        shown: of such, the observations as pictures, uint8.
    """

    size: int
    skipped: List[images.Skipped]
    operator: Any = None
    pictures: List[images.Picture] = ()
    keys: List[Any] = ()
    noises: Optional[List[Any]] = None
    observations: Optional[List[Any]] = None
    facts: List[dict] = ()
    cut: Any = None
    shown: Optional[List[Any]] = None

    @property
    def truths(self):
        """The pictures at the latent shape, ``None`` where they are observations themselves."""
        if self.noises is None:
            return None
        height, width = self.operator.latent_shape
        return [picture.pixels[:height, :width] for picture in self.pictures]


class Preparation:
    """Reads batches of pictures and draws their noise.

    Args:
        source: :class:`dmsp.images.Source`.
        operator_for: function of the shape available for the latent picture
            that returns the operator.
        plan: function of an operator and a number of pictures that returns the ``cut`` of a
            batch, and raises :class:`dmsp.errors.Unfit` where these are too much.
        sigma: standard deviation of the noise in grey levels.
        seed: the run's.
    """

    def __init__(self, source, operator_for, plan, sigma, seed):
        self._source = source
        self._operator_for = operator_for
        self._plan = plan
        self._sigma = sigma
        self._seed = seed
        self._last = (None, None)

    def __call__(self, entries):
        """Return the :class:`Batch` of entries of one shape and colour."""
        try:
            operator = self._operator(entries[0].shape, entries[0].grey)
            cut = self._plan(operator, len(entries))
        except Unfit as error:
            return Batch(len(entries), [_unfit(entry, error) for entry in entries])
        found, skipped = [], []
        for entry in entries:
            try:
                found.append(self._read(entry, operator, cut is not None))
            except images.Unreadable as error:
                skipped.append(images.Skipped(entry.label, str(error)))
            except Unfit as error:
                skipped.append(_unfit(entry, error))
        pictures, keys, values = (list(column) for column in zip(*found)) if found else ([],) * 3
        noises, observations = (values, None) if self._source.has_truth else (None, values)
        if cut is not None:
            observations = None
        return Batch(len(entries), skipped, operator, pictures, keys, noises, observations, cut=cut)

    def _operator(self, shape, grey):
        """Return the operator for files of a kind; the last one is kept."""
        if (shape, grey) != self._last[0]:
            operator = self._operator_for(shape)
            latent = operator.latent_shape_behind(shape)
            if not self._source.has_truth and latent != operator.latent_shape:
                operator = self._operator_for(latent)
            if grey and operator.observed_channels > 1:
                operator = Grey(operator)
            self._last = ((shape, grey), operator)
        return self._last[1]

    def _read(self, entry, operator, large):
        """Return a picture, its key, and its noise, or its observation if that is what it is."""
        picture = self._source.load(entry, compact=large)
        key = key_of(self._seed, entry.name)
        if not self._source.has_truth:
            return picture, key, None if large else operator.observation(picture.pixels)
        if tuple(operator.latent_shape) != picture.pixels.shape[:2]:
            cut = "cut to {} x {} pixels".format(*operator.latent_shape)
            picture = picture._replace(note=", ".join(filter(None, (picture.note, cut))))
        shape = tuple(operator.observed_shape) + (operator.observed_channels,)
        noise = self._sigma * observation_noise(key, shape)
        return picture, key, operator.laid_out(noise) if large else noise


def _unfit(entry, error):
    return images.Skipped(entry.label, "cannot be restored: {}".format(error))
