"""The parts of a restoration experiment, built from the configuration, and one batch at work."""

import statistics

from dmsp import images, metrics
from dmsp.config import build
from dmsp.reports import PictureResult
from dmsp.restoration import Restoration, Settings
from dmsp.runtime import choose_precision
from dmsp.seeds import key_of

PEAK = 255.0
FIELD_OF_VIEW = "observed field of view (the kernel's radius left out)"


class Experiment:
    """What a configuration describes: pictures, observation, prior, optimizer and device.

    Args:
        config: the composed configuration.

    Raises:
        UserError: a part of it cannot be built as asked.
    """

    def __init__(self, config):
        self._config = config
        self._trust = config.trust_config
        self.source = self._build(config.data)
        self.kernel = self._build(config.kernel)
        self.batches = images.batches(self.source.entries(), config.batch_size)
        self.device = self._build(config.device)
        self.precision = choose_precision(config.precision.mode, self.device)
        self.denoiser = self._build(config.denoiser)
        self.optimizer = self._build(config.optimizer, num_iter=config.num_iter)
        self.sigma = config.noise * PEAK
        self.noise = self._build(config.noise_level, sigma=self.sigma)
        self._restoration = None
        self._shape = None
        self.skipped = list(self.source.skipped)
        self._network_share = None

    def notes(self):
        """Return what a user should know before the run starts, a line each."""
        config, denoiser = self._config, self.denoiser
        notes = []
        if not denoiser.conditional and denoiser.sigma != config.sigma_dae:
            notes.append(
                "denoiser {} was trained for sigma {}; at sigma_dae={} it removes as much noise as "
                "ever".format(denoiser.name, denoiser.sigma, config.sigma_dae)
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
            "optimizer": self.optimizer.name,
            "denoiser": self.denoiser.name,
            "device": self.device.description,
            "precision": self.precision.description,
            "noise_level": self.noise.name,
        }

    def restore(self, entries, watch=None):
        """Restore a batch of one shape; unreadable pictures are put on :attr:`skipped`.

        Returns:
            list of :class:`dmsp.reports.PictureResult`.
        """
        pictures = self._load(entries)
        if not pictures:
            return []
        restoration = self._restoration_for(entries[0].shape)
        keys = [key_of(self._config.seed, picture.name) for picture in pictures]
        height, width = restoration.operator.latent_shape
        truths = [picture.pixels[:height, :width] for picture in pictures]
        observations = [
            restoration.degrade(truth, self.sigma, key) for truth, key in zip(truths, keys)
        ]
        outcomes, seconds = restoration.run(observations, truths, keys, watch)
        self._share_network(restoration, outcomes)
        seconds /= len(outcomes)
        return [
            self._result(restoration, seconds, *parts)
            for parts in zip(pictures, truths, observations, outcomes)
        ]

    def close(self):
        """Free the device."""
        if self._restoration is not None:
            self._restoration.close()

    def operator_for(self, shape, convolution):
        """Return the operator for pictures of a shape.

        Args:
            shape: rows and columns.
            convolution: class that computes blurs.
        """
        offered = {"kernel": self.kernel, "shape": shape, "convolution": convolution}
        return self._build(self._config.task.operator, offered=offered)

    def _build(self, node, **extra):
        return build(node, self._trust, **extra)

    def _load(self, entries):
        pictures = []
        for entry in entries:
            try:
                pictures.append(self.source.load(entry))
            except images.Unreadable as error:
                self.skipped.append(images.Skipped(entry.path, str(error)))
        return pictures

    def _restoration_for(self, shape):
        """Return the restoration of a shape; the graph of the last one is kept."""
        if shape != self._shape:
            self.close()
            operator = self.operator_for(shape, self.device.convolution)
            settings = Settings(
                self._config.num_iter,
                self._config.sigma_dae,
                self.precision.dtype,
                self.precision.state_dtype,
                operator.border,
                self._config.tolerance,
            )
            self._restoration = Restoration(
                operator,
                self.denoiser,
                self.optimizer,
                self.noise,
                self.device,
                settings,
                self._config.batch_size,
            )
            self._shape = shape
        return self._restoration

    def _share_network(self, restoration, outcomes):
        """Find out once which share of an iteration the denoiser takes."""
        if self._network_share is None:
            times = [row["ms"] for outcome in outcomes for row in outcome.iterations]
            iteration = statistics.median(times) * len(outcomes) / 1e3
            self._network_share = min(1.0, restoration.network_seconds() / iteration)

    def _result(self, restoration, seconds, picture, truth, observation, outcome):
        operator = restoration.operator
        (top, bottom), (left, right) = operator.margin
        view = truth[top : len(truth) - bottom, left : truth.shape[1] - right]
        protocol = metrics.Protocol((operator.border, operator.border))
        whole = view.shape == truth.shape
        return PictureResult(
            name=picture.name,
            restored=outcome.restored,
            degraded=operator.display(observation),
            truth=view,
            kernel=operator.kernel,
            psnr=metrics.psnr(outcome.restored, view, protocol),
            ssim=metrics.ssim(outcome.restored, view, protocol),
            psnr_baseline=metrics.psnr(outcome.baseline, view, protocol),
            baseline=operator.baseline_name,
            note=picture.note,
            status=outcome.status,
            iterations=outcome.iterations,
            facts={
                "seconds": seconds,
                "seconds_first_call": restoration.seconds_first_call,
                "noise_told": None if outcome.sigma is None else outcome.sigma / PEAK,
                "network_share": self._network_share,
                "metric_protocol": "{}, of the {}".format(
                    protocol.name, "whole picture" if whole else FIELD_OF_VIEW
                ),
            },
        )
