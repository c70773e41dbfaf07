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
    """

    size: int
    skipped: List[images.Skipped]
    operator: Any = None
    pictures: List[images.Picture] = ()
    keys: List[Any] = ()
    noises: Optional[List[Any]] = None
    observations: Optional[List[Any]] = None
    facts: List[dict] = ()

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
        check: function of an operator and a number of pictures that raises
            :class:`dmsp.errors.Unfit` where these are too much.
        sigma: standard deviation of the noise in grey levels.
        seed: the run's.
    """

    def __init__(self, source, operator_for, check, sigma, seed):
        self._source = source
        self._operator_for = operator_for
        self._check = check
        self._sigma = sigma
        self._seed = seed
        self._last = (None, None)

    def __call__(self, entries):
        """Return the :class:`Batch` of entries of one shape and colour."""
        try:
            operator = self._operator(entries[0].shape, entries[0].grey)
            self._check(operator, len(entries))
        except Unfit as error:
            return Batch(len(entries), [_unfit(entry, error) for entry in entries])
        found, skipped = [], []
        for entry in entries:
            try:
                found.append(self._read(entry, operator))
            except images.Unreadable as error:
                skipped.append(images.Skipped(entry.label, str(error)))
            except Unfit as error:
                skipped.append(_unfit(entry, error))
        pictures, keys, values = (list(column) for column in zip(*found)) if found else ([],) * 3
        noises, observations = (values, None) if self._source.has_truth else (None, values)
        return Batch(len(entries), skipped, operator, pictures, keys, noises, observations)

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

    def _read(self, entry, operator):
        """Return a picture, its key, and its noise, or its observation if that is what it is."""
        picture = self._source.load(entry)
        key = key_of(self._seed, entry.name)
        if not self._source.has_truth:
            return picture, key, operator.observation(picture.pixels)
        if tuple(operator.latent_shape) != picture.pixels.shape[:2]:
            cut = "cut to {} x {} pixels".format(*operator.latent_shape)
            picture = picture._replace(note=", ".join(filter(None, (picture.note, cut))))
        shape = tuple(operator.observed_shape) + (operator.observed_channels,)
        return picture, key, self._sigma * observation_noise(key, shape)


def _unfit(entry, error):
    return images.Skipped(entry.label, "cannot be restored: {}".format(error))
