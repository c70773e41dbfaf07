"""The loop of a restoration: everything of size stays on the device."""

import time
from typing import Any, List, NamedTuple

import numpy as np
import tensorflow.compat.v1 as tf

from dmsp.graph import RestorationGraph
from dmsp.history import History
from dmsp.metrics import Protocol


class Settings(NamedTuple):
    """What the loop needs beside the method.

    Attributes:
        num_iter: iterations, from 1.
        sigma_dae: standard deviation of the prior's smoothing, grey levels.
        dtype: type that the network computes in.
        state_dtype: type that the optimizer's state is rounded to after each iteration.
        protocol: how PSNR and SSIM are measured over the field of view.
        tolerance: a picture stops when an iteration changes it by less than
            this root mean square, grey levels; 0 never.
    """

    num_iter: int
    sigma_dae: float
    dtype: Any = tf.float32
    state_dtype: Any = tf.float32
    protocol: Protocol = Protocol()
    tolerance: float = 0.0


class Outcome(NamedTuple):
    """One restored picture over the field of view, float32 grey levels.

    Attributes:
        restored: the estimate, or the best one where the last diverged.
        baseline: what a user has without restoration.
        status: ``done``, ``converged at …`` or ``diverged at …``.
        iterations: the figures of each iteration.
    """

    restored: np.ndarray
    baseline: np.ndarray
    status: str
    iterations: List[dict]


class Restoration:
    """Restores batches of pictures of one shape: one graph, compiled once.

    Args:
        operator: observation operator for the shape.
        denoiser: ``r(x, sigma, dtype)``.
        optimizer: how to descend.
        noise: :class:`dmsp.noise.NoiseLevel`, how the solver is told of the noise.
        device: :class:`dmsp.runtime.Device`.
        settings: :class:`Settings`.
        batch_size: pictures restored together.
        has_truth: whether PSNR and SSIM can be measured.

    Attributes:
        seconds_first_call: what the first call took, which plans and compiles;
            ``None`` before it.
    """

    def __init__(
        self, operator, denoiser, optimizer, noise, device, settings, batch_size=1, has_truth=True
    ):
        self.operator = operator
        self._settings = settings
        self._batch_size = batch_size
        self._evaluations = optimizer.evaluations
        self._device = device
        self._calls = _calls(settings.num_iter, device.iterations_per_call)
        self.seconds_first_call = None
        graph = tf.Graph()
        with graph.as_default(), tf.device(device.placement):
            self._graph = RestorationGraph(
                operator,
                denoiser,
                optimizer,
                noise,
                settings,
                batch_size,
                has_truth,
                device.smoothing,
                device.iterations_per_call,
            )
            initialise = tf.global_variables_initializer()
            device.check(graph)
            self._session = device.session(graph)
            self._session.run(initialise)
            self._advance = {
                calls: device.several(self._session, self._graph, calls)
                for calls in set(self._calls)
            }
        graph.finalize()

    def close(self):
        """Free the device's memory."""
        self._session.close()

    def degrade(self, truths, noises):
        """Return the observations ``A x + n``, a list of (h, w, channels).

        Args:
            truths: list of x of the latent shape, as long as the batch or shorter.
            noises: list of n, all in grey levels.
        """
        feed = {self._graph.truth_input: self._fill(truths)}
        clean = self._session.run(self._graph.degraded, feed)
        return [y + noise for y, noise in zip(clean, noises)]

    def run(self, observations, truths, keys, sigmas, watch=None, variances=()):
        """Restore a batch.

        Args:
            observations: list of (h, w, channels), as long as the batch or shorter.
            truths: list of (H, W, channels) of the latent shape, or ``None``.
            keys: list of the pictures' keys.
            sigmas: list of what the solver is told of the noise, grey levels or ``None``.
            watch: called after each call with the iteration and the pictures' last rows.
            variances: of the noise of a picture of which these are parts, grey levels², for each
                call; empty where the solver finds that of each.

        Returns:
            list of :class:`Outcome`, and the seconds from the first estimate to the last.
        """
        self._load(observations, truths, keys, sigmas, variances)
        self._warm_up(keys)
        seconds = self._start()
        histories = [History(self._settings.tolerance) for _ in observations]
        first = self._session.run(self._graph.measured)
        for i, history in enumerate(histories):
            history.begin({name: values[i] for name, values in first.items()})
        seconds += self._iterate(histories, keys, watch, variances)
        return self._collect(histories), seconds

    def network_seconds(self, enough=0.2):
        """Return the median time that an iteration's evaluations of the denoiser take alone.

        Args:
            enough: seconds of evaluations after which there is no further one.
        """
        first, times = self._timed_network(), []  # the first call plans
        while sum(times) < enough and first < 10 * enough:
            times.append(self._timed_network())
        return self._evaluations * float(np.median(times or [first]))

    def _timed_network(self):
        start = time.perf_counter()
        self._session.run(self._graph.network)
        return time.perf_counter() - start

    def _load(self, observations, truths, keys, sigmas, variances):
        feed = {
            self._graph.observation_input: self._fill(observations),
            self._graph.keys_input: self._fill(keys),
            self._graph.sigma_input: self._fill([np.full((1, 1, 1), s or 0.0) for s in sigmas]),
            self._graph.variance_input: self._variance(variances, 0),
        }
        if truths is not None:
            feed[self._graph.truth_input] = self._fill(truths)
        self._session.run(self._graph.load, feed)

    def _start(self):
        """Make the first estimate; return the seconds until it is there."""
        start = time.perf_counter()
        self._session.run(self._graph.reset)
        self._session.run(self._graph.iteration)
        return time.perf_counter() - start

    def _warm_up(self, keys):
        """Plan and compile: the first call is made before the clock runs, and then undone."""
        if self.seconds_first_call is not None:
            return
        self.seconds_first_call = 0.0
        for calls in set(self._calls):
            self._session.run(self._graph.reset)
            with self._device.first_call():
                self.seconds_first_call += self._advanced(calls, 0, keys)

    def _iterate(self, histories, keys, watch, variances):
        seconds, k = 0.0, 0
        for i, calls in enumerate(self._calls):
            if len(variances):
                feed = {self._graph.variance_input: self._variance(variances, i)}
                self._session.run(self._graph.load_variance, feed)
            active = [not history.stopped for history in histories]
            elapsed = self._advanced(calls, k, keys)
            seconds += elapsed
            k += calls
            feed = {self._graph.active_input: self._fill(active)}
            figures = self._session.run(self._graph.judged, feed)
            for n, history in enumerate(histories):
                row = {name: values[n] for name, values in figures.items()}
                history.add(k, row, 1e3 * elapsed / calls / len(histories))
            if watch is not None:
                watch(k, [history.rows[-1] for history in histories])
            if all(history.stopped for history in histories):
                break
        return seconds

    def _collect(self, histories):
        graph = self._graph
        kept, best, baseline = self._session.run([graph.restored, graph.fallback, graph.baseline])
        return [
            Outcome(
                best[i] if history.diverged else kept[i],
                baseline[i],
                history.status,
                history.rows,
            )
            for i, history in enumerate(histories)
        ]

    def _variance(self, variances, call):
        """Return what is fed of the variances at a call; the last one holds on."""
        variance = variances[min(call, len(variances) - 1)] if len(variances) else 0.0
        return np.full((self._batch_size, 1, 1, 1), variance)

    def _fill(self, values):
        """Stack values to the batch's size; the last one stands in for what is missing."""
        missing = self._batch_size - len(values)
        return np.stack(list(values) + [values[-1]] * missing)

    def _advanced(self, calls, k, keys):
        """Make ``calls`` iterations after the k-th; return the seconds until all is done."""
        start = time.perf_counter()
        self._graph.smoothing.load(self._session, self._fill(keys), k)
        self._session.run(self._advance[calls])
        reached = int(self._session.run(self._graph.iteration))
        elapsed = time.perf_counter() - start
        if reached != k + calls:
            raise RuntimeError(
                "the device made {} of {} iterations in a call".format(reached - k, calls)
            )
        return elapsed


def _calls(num_iter, per_call):
    """Split a number of iterations into calls of at most ``per_call``."""
    full, rest = divmod(num_iter, per_call)
    return [per_call] * full + [rest] * bool(rest)
