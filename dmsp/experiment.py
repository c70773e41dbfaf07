"""The parts of a restoration experiment, built from the configuration, and one batch at work."""

import functools
import gc
import statistics

from dmsp import images, kernels, memory, metrics, piecewise
from dmsp.blind import Prediction
from dmsp.config import build
from dmsp.errors import Unfit
from dmsp.levels import CHANNELS, PEAK
from dmsp.measurement import Measurement
from dmsp.noise import SMALLEST_SIGMA
from dmsp.optimizers.serving import check_serves
from dmsp.planning import Planning
from dmsp.preparation import Preparation
from dmsp.restoration import Restoration, Settings
from dmsp.runtime import choose_precision
from dmsp.tensorflow import tf

EXHAUSTED = (
    "cannot be restored: the device has too little memory for it; "
    "set tile=1024, a lower batch_size, or take a part with data.crop"
)

MOVED = "a truth that is moved to where an estimated kernel has the picture is not cut"


class Experiment:
    """What a configuration describes: pictures, observation, prior, optimizer and device.

    Args:
        config: the composed configuration.

    Attributes:
        prepare: function of a list of entries, one of :attr:`batches`, that reads
            them; it does not need the device.

    Raises:
        UserError: a part of it cannot be built as asked.
    """

    def __init__(self, config):
        self._config = config
        self._trust = config.trust_config
        self.source = self._build(config.data)
        self._kernel_blind = self._build(config.task.get("kernel_blind"))  # None: it is known
        unknown = self._kernel_blind is not None and not self.source.has_truth
        self.kernel = kernels.delta() if unknown else self._build(config.kernel)
        together = config.batch_size if self._kernel_blind is None else 1
        self.batches = images.batches(self.source.entries(), together)
        self.device = self._build(config.device)
        self.precision = choose_precision(config.precision.mode, self.device)
        self.denoiser = self._build(config.denoiser)
        self.optimizer = self._build(config.optimizer, num_iter=config.num_iter)
        self.sigma = config.noise * PEAK
        # An estimated kernel errs by more than data without noise.
        least = 0.0 if self._kernel_blind is None else SMALLEST_SIGMA
        self.noise = self._build(config.noise_level, sigma=max(self.sigma, least))
        self._restoration = None
        self._operator = None
        # Now, before there is any picture in it.
        free = memory.available() if self.device.kind == "cpu" else None
        self._planning = Planning(config.tile, free, self.denoiser, self.optimizer)
        self._piecewise = piecewise.Piecewise(
            self.noise, self._observed, self._solved, config.num_iter, config.seed
        )
        self.prepare = Preparation(
            self.source, self._operator_for, self._plan, self.sigma, config.seed
        )
        self._measurement = Measurement(self._protocol, self.kernel if self._kernel_blind else None)
        self.skipped = list(self.source.skipped)
        self._network_share = None

    def notes(self):
        """Return what a user should know before the run starts, a line each."""
        config, denoiser = self._config, self.denoiser
        notes = []
        if not self.source.has_truth:
            notes.append("nothing is degraded, and without a truth nothing is measured")
        if not denoiser.conditional and denoiser.sigma != config.sigma_dae:
            notes.append(
                "denoiser {} was trained for sigma {}; at sigma_dae={} it removes as much noise as "
                "ever".format(denoiser.name, denoiser.sigma, config.sigma_dae)
            )
        if self.optimizer.name == "direct" and config.task.name != "denoise":
            notes.append(
                "optimizer direct only denoises; task={} takes optimizer=hqs or another".format(
                    config.task.name
                )
            )
        if config.precision.mode != "fp32":
            notes.append("precision {}".format(self.precision.description))
        return notes

    def tags(self):
        """Return what a run is, for MLflow."""
        return {
            "denoiser": self.denoiser.name,
            "denoiser_sha256": self.denoiser.digest,
            "optimizer": self.optimizer.name,
            "device": self.device.kind,
            "precision": self._config.precision.mode,
            "data": self.source.name,
            "data_sha256": self.source.digest(),
        }

    def facts(self):
        """Return what the summary says of the experiment, whatever its pictures."""
        return {
            **self.device.settings,
            "optimizer": self.optimizer.name,
            "denoiser": self.denoiser.name,
            "device": self.device.description,
            "precision": self.precision.description,
            "noise": self._config.noise if self.source.has_truth else None,
            "noise_level": self.noise.name,
        }

    def restore(self, batch, watch=None, turned=None):
        """Restore a :class:`dmsp.preparation.Batch`, which is the device's part of the work.

        Args:
            batch: of pictures of one shape.
            watch: as of :meth:`dmsp.restoration.Restoration.run`.
            turned: as of :class:`dmsp.kernel_blind.KernelBlind`.

        Returns:
            the batch, now with its observations and all that had to be skipped, and a list of
            :class:`dmsp.restoration.Outcome`.
        """
        if not batch.pictures:
            return batch, []
        try:
            return self._restored(batch, watch, turned)
        except tf.errors.ResourceExhaustedError:
            lost = [images.Skipped(picture.name, EXHAUSTED) for picture in batch.pictures]
            return batch._replace(pictures=[], skipped=batch.skipped + lost), []

    def results(self, batch, outcomes):
        """Yield the :class:`dmsp.reports.PictureResult` of each picture, measured."""
        return self._measurement.results(batch, outcomes)

    def close(self):
        """Free the device, and the memory of the graph."""
        if self._restoration is not None:
            self._restoration.close()
            self._restoration = self._operator = None
            # A graph's parts refer to one another, and Python alone would let many gather.
            gc.collect()

    def operator_for(self, shape, convolution, kernel=None):
        """Return the operator for pictures of a shape.

        Args:
            shape: rows and columns.
            convolution: class that computes blurs.
            kernel: of the blur, if it is not the configuration's.
        """
        kernel = self.kernel if kernel is None else kernel
        offered = {"kernel": kernel, "shape": shape, "convolution": convolution}
        return self._build(self._config.task.operator, offered=offered)

    def _restored(self, batch, watch, turned):
        extra = {}
        if batch.cut is not None:
            if self._kernel_blind is not None:
                batch, extra = self._kernel_in_a_tile(batch, turned)
            return self._piecewise(batch, watch, extra)
        batch = self._observed(batch)
        if self._kernel_blind is not None:
            batch, extra = self._kernel_found(batch, turned)
        return self._solved(batch, watch, extra)

    def _observed(self, batch):
        """Return a batch with its observations."""
        if batch.observations is not None:
            return batch
        observations = self._restoration_for(batch).degrade(batch.truths, batch.noises)
        return batch._replace(observations=observations)

    def _kernel_found(self, batch, turned):
        """Return a batch with the blur of an estimated kernel, and the time that it took."""

        def restored(batch, level):
            return self._solved(batch, told=[level])[1][0].restored

        def prediction_for(shape, side):
            return Prediction(shape, side, self.denoiser, self.device, self.precision.dtype)

        tools = self._operator_for, restored, prediction_for
        batch, seconds = self._kernel_blind(batch, *tools, self._tell(batch)[0], turned)
        return batch, {"kernel_seconds": seconds}

    def _kernel_in_a_tile(self, batch, turned):
        """Return the same of a picture that is restored in tiles, by the most promising one."""
        promise = functools.partial(self._kernel_blind.promise, batch.operator)
        found, extra = self._kernel_found(piecewise.foremost(batch, promise), turned)
        operator = self._kernel_blind.with_kernel(
            batch.operator, found.operator.kernel, self._operator_for
        )
        cut = self._planning.cut(operator, batch.cut)
        return batch._replace(operator=operator, cut=cut), extra

    def _solved(self, batch, watch=None, extra=(), told=None, variances=()):
        """Restore a batch of observations.

        Args:
            batch: with them.
            watch: as of :meth:`dmsp.restoration.Restoration.run`.
            extra: what is known of it beside what is found here.
            told: what the solver is told of each picture's noise, if that is found already.
            variances: as of :meth:`dmsp.restoration.Restoration.run`.
        """
        restoration = self._restoration_for(batch)
        told = self._tell(batch) if told is None else told
        outcomes, seconds = restoration.run(
            batch.observations, batch.truths, batch.keys, told, watch, variances
        )
        self._share_network(restoration, outcomes)
        facts = [
            {
                "seconds": seconds / len(outcomes),
                "seconds_first_call": restoration.seconds_first_call,
                "noise_told": None if level is None else level / PEAK,
                "noise_used": outcome.iterations[-1]["noise"] / PEAK,
                "network_share": self._network_share,
                **dict(extra),
            }
            for level, outcome in zip(told, outcomes)
        ]
        return batch._replace(facts=facts), outcomes

    def _build(self, node, **extra):
        return None if node is None else build(node, self._trust, **extra)

    def _operator_for(self, shape, kernel=None):
        return self.operator_for(shape, self.device.convolution, kernel)

    def _protocol(self, operator):
        return metrics.protocol(operator, **self._config.metrics)

    def _plan(self, operator, count):
        """Return how pictures are cut; refuse what a part of this is not for, or is too large."""
        if operator.copies * self.denoiser.channels < CHANNELS:
            raise Unfit(
                "denoiser {} is for grey pictures; take denoiser=default for colour".format(
                    self.denoiser.name
                )
            )
        if self.source.has_truth:
            self._protocol(operator)
        if self._kernel_blind is not None:
            self._kernel_blind.check(operator)
        moved = self._kernel_blind is not None and self.source.has_truth
        return self._planning(operator, count, MOVED if moved else "")

    def _restoration_for(self, batch):
        """Return the restoration of a shape; the graph of the last one is kept."""
        if batch.operator is not self._operator:
            self.close()
            settings = Settings(
                self._config.num_iter,
                self._config.sigma_dae,
                self.precision.dtype,
                self.precision.state_dtype,
                self._protocol(batch.operator),
                self._config.tolerance,
            )
            optimizer = self.optimizer
            if batch.cut is not None:
                optimizer = piecewise.converging(optimizer)
            check_serves(optimizer, batch.operator)
            self._restoration = Restoration(
                batch.operator,
                self.denoiser,
                optimizer,
                self.noise,
                self.device,
                settings,
                batch.size,
                self.source.has_truth,
            )
            self._operator = batch.operator
        return self._restoration

    def _tell(self, batch):
        """Return what the solver is told of each picture's noise, grey levels or ``None``."""
        operator, levels = batch.operator, []
        for picture, y in zip(batch.pictures, batch.observations):
            tell = self.noise.level_for(operator, picture.form.compression)
            levels.append(tell and tell(operator.planes(y)))
        return levels

    def _share_network(self, restoration, outcomes):
        """Find out once which share of an iteration the denoiser takes."""
        if self._network_share is None:
            times = [row["ms"] for outcome in outcomes for row in outcome.iterations]
            iteration = statistics.median(times) * len(outcomes) / 1e3
            self._network_share = min(1.0, restoration.network_seconds() / iteration)
