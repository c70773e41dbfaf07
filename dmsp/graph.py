"""The graph of a restoration: the state in variables, the ops that move it."""

import tensorflow.compat.v1 as tf

from dmsp import device_metrics
from dmsp.levels import CHANNELS
from dmsp.objective import Problem, mean_square, told, variance_used
from dmsp.seeds import DrawnNoise


class RestorationGraph:
    """Everything of a batch that lives on the device, and the ops that act on it.

    Built inside the default graph. Pictures enter through :attr:`load` and
    leave through :attr:`restored`; between the two only scalars do.

    Attributes:
        load: op that takes the inputs below over into variables.
        load_variance: op that takes over only the variance of the noise.
        reset: op that puts the state to the first estimate.
        advance: op by number of iterations.
        measured: figures of the current iterate by name, (N,) each.
        judged: the same, taken after the iterate was kept where it is active.
        restored, fallback, baseline: pictures over the field of view.
        network: scalar that takes one evaluation of the denoiser.
        degraded: ``A x`` for :attr:`truth_input`.
        iteration: how many iterations were made; to read it is to wait for them.
        smoothing: the prior's noise, :class:`dmsp.seeds.DrawnNoise` or its like.
    """

    def __init__(
        self,
        operator,
        denoiser,
        optimizer,
        noise,
        settings,
        batch_size,
        has_truth,
        smoothing=DrawnNoise,
        calls=1,
    ):
        self._operator = operator
        self._settings = settings
        self._latent = (batch_size,) + tuple(operator.latent_shape) + (CHANNELS,)
        self._observed = (batch_size,) + tuple(operator.observed_shape)
        self._observed += (operator.observed_channels,)
        self._has_truth = has_truth
        self._build_inputs(batch_size)
        self.smoothing = smoothing(self._keys, self._latent[1:], calls)
        problem = self._problem(denoiser, noise)
        self._build_state(problem, optimizer)
        self._build_advance(problem, optimizer)
        self._build_figures(problem)
        self.baseline = operator.baseline(self._observation)
        # A number of the result is asked for: an op nobody reads would be optimised away.
        denoised = problem.denoise(self._state.x.read_value(), float(settings.sigma_dae))
        self.network = tf.reduce_max(denoised)

    def _build_inputs(self, batch_size):
        self.truth_input = tf.placeholder(tf.float32, self._latent, "truth_input")
        self.observation_input = tf.placeholder(tf.float32, self._observed, "observation_input")
        self.keys_input = tf.placeholder(tf.int32, (batch_size, 2), "keys_input")
        self.sigma_input = tf.placeholder(tf.float32, (batch_size, 1, 1, 1), "sigma_input")
        self.variance_input = tf.placeholder(tf.float32, (batch_size, 1, 1, 1), "variance_input")
        self.active_input = tf.placeholder(tf.bool, (batch_size,), "active_input")
        self.degraded = self._operator.forward(self.truth_input)
        self._observation = _variable("observation", self._observed)
        self._keys = _variable("keys", (batch_size, 2), tf.int32)
        self._sigma = _variable("sigma", (batch_size, 1, 1, 1))
        self._variance = _variable("variance", (batch_size, 1, 1, 1))
        self.load_variance = self._variance.assign(self.variance_input).op
        assignments = [
            self._sigma.assign(self.sigma_input),
            self.load_variance,
            self._observation.assign(self.observation_input),
            self._keys.assign(self.keys_input),
        ]
        if self._has_truth:
            truth = device_metrics.prepare(self._view(self.truth_input), self._settings.protocol)
            known = [truth, *device_metrics.windows(truth)]
            names = ("truth", "truth_means", "truth_squares")
            self._truth = [_variable(name, part.shape) for name, part in zip(names, known)]
            assignments.append(self._assign(self._truth, known))
        self.load = tf.group(assignments)

    def _problem(self, denoiser, noise):
        def denoise(x, sigma):
            return denoiser(x, sigma, self._settings.dtype)

        observation = self._observation.read_value()
        return Problem(
            self._operator,
            observation,
            denoise,
            float(self._settings.sigma_dae),
            told(noise, self._operator, self._sigma.read_value(), self._variance.read_value()),
            self.smoothing.draw,
        )

    def _build_state(self, problem, optimizer):
        first = optimizer.init(problem, self._operator.initial(problem.observation))
        self._iteration = _variable("iteration", (), tf.int32)
        self._state = type(first)(
            *(_variable("state_" + name, part.shape) for name, part in first._asdict().items())
        )
        self._kept = _variable("kept", self._latent)
        self._best = _variable("best", self._latent)
        self._best_residual = _variable("best_residual", self._latent[:1])
        self.reset = tf.group(
            self._assign(self._state, first),
            self._iteration.assign(0),
            self._kept.assign(first.x),
            self._best.assign(first.x),
            self._best_residual.assign(_root_mean_square(problem.residual(first.x))),
        )
        self.restored = self._view(self._kept)
        self.fallback = self._view(self._best)

    def _build_advance(self, problem, optimizer):
        start = type(self._state)(*(field.read_value() for field in self._state))
        iteration = self._iteration.read_value()

        def body(k, *state):
            return (k + 1,) + tuple(optimizer.step(problem, type(start)(*state), k))

        self._body, self._start, self.iteration = body, start, iteration
        self.advance = {1: self._moved(body(iteration, *start))}

    def several(self, calls):
        """Return the op that runs ``calls`` iterations in one call."""
        if calls not in self.advance:
            last = self.iteration + calls
            moved = tf.while_loop(
                lambda k, *state: k < last,
                self._body,
                (self.iteration,) + tuple(self._start),
                parallel_iterations=1,
                back_prop=False,
            )
            self.advance[calls] = self._moved(moved)
        return self.advance[calls]

    def _moved(self, moved):
        k, state = moved[0], [self._rounded(value) for value in moved[1:]]
        with tf.control_dependencies(moved):
            return tf.group(self._iteration.assign(k), self._assign(self._state, state))

    def _rounded(self, value):
        """Return a part of the state with the precision in which it is kept."""
        if self._settings.state_dtype == tf.float32:
            return value
        return tf.cast(tf.cast(value, self._settings.state_dtype), tf.float32)

    def _build_figures(self, problem):
        x = self._state.x.read_value()
        misfit = problem.residual(x)
        residual = _root_mean_square(misfit)
        change = _root_mean_square(x - self._kept.read_value())
        noise = tf.reshape(tf.sqrt(variance_used(problem, self._state, misfit)), [-1])
        self.measured = {"residual": residual, "step": change, "noise": noise}
        if self._has_truth:
            view = device_metrics.prepare(self._view(x), self._settings.protocol)
            truth, *means = (part.read_value() for part in self._truth)
            self.measured["psnr"] = device_metrics.psnr(view, truth)
            if means:
                self.measured["ssim"] = device_metrics.ssim(view, truth, means)
        better = tf.is_finite(residual) & (residual <= self._best_residual.read_value())
        with tf.control_dependencies(list(self.measured.values()) + [better]):
            keep = tf.group(
                # By the vector, picture by picture: broadcast, it takes as long as SSIM.
                self._kept.assign(tf.where(self.active_input, x, self._kept)),
                self._best.assign(tf.where(better, x, self._best)),
                self._best_residual.assign(tf.where(better, residual, self._best_residual)),
            )
        with tf.control_dependencies([keep]):
            self.judged = {name: tf.identity(value) for name, value in self.measured.items()}

    def _view(self, x):
        """Crop a latent picture to the field of view."""
        (top, bottom), (left, right) = self._operator.margin
        height, width = self._latent[1:3]
        return x[:, top : height - bottom, left : width - right]

    @staticmethod
    def _assign(variables, values):
        return tf.group(*(v.assign(value) for v, value in zip(variables, values)))


def _variable(name, shape, dtype=tf.float32):
    return tf.get_variable(
        name,
        shape,
        dtype,
        initializer=tf.zeros_initializer(),
        trainable=False,
        use_resource=True,
    )


def _root_mean_square(x):
    return tf.reshape(tf.sqrt(mean_square(x)), [-1])
