"""The story of a training: pictures, steps, validation, checkpoints, weights and card."""

import contextlib
import hashlib
import json
import os
import time

import numpy as np
import tensorflow.compat.v1 as tf

from dmsp import denoisers, runtime
from dmsp.denoisers import networks, storage, tf_checkpoint
from dmsp.denoisers.base import Denoiser, fitting, macs_per_pixel
from dmsp.errors import UserError
from dmsp.levels import CHANNELS
from dmsp.training import card, graph, patches, validation
from dmsp.training.settings import Settings, builtin, plain


def train(
    settings, data_paths, out_folder, on_metrics=None, on_message=None, command="", device=None
):
    """Train a denoiser, or continue a training that was interrupted; return its results.

    ``out_folder`` receives ``checkpoint.npz`` (everything needed to continue
    exactly), ``denoiser.npz`` (the weights' moving average) and ``denoiser.md``
    (its card), each replaced as training goes on, and at the end ``model.ckpt``
    (the weights as a TensorFlow checkpoint).

    Args:
        settings: a :class:`Settings`.
        data_paths: folders of training pictures.
        out_folder: where the files go; a checkpoint in it is continued.
        on_metrics: called with (step, {name: number}): ``loss``, ``learning_rate``,
            ``megapixels_per_second``, ``seconds_left``, and ``psnr_15`` etc.
        on_message: called with a line of text for the user.
        command: what the user typed, for the card.
        device: :class:`dmsp.runtime.Device`; the GPU where there is one if not given.

    Returns:
        dict with ``weights`` and ``card`` (paths), ``steps``, ``seconds`` of them,
        ``cpu_seconds`` of all cores together, without pauses, and ``psnr_…`` for each
        validation level.

    Raises:
        UserError: bad folders, pictures or settings, or a checkpoint of another training.
    """
    settings = settings._replace(
        **{key: builtin(value) for key, value in settings._asdict().items()}
    )
    pictures = {}
    for folder in data_paths:
        pictures.update(patches.read(folder, settings.channels))
    patches.refuse_overlap(pictures, settings.evaluation_paths, settings.channels)
    training, held_out = patches.split(pictures, settings.holdout)
    say = on_message or (lambda text: None)
    say("{} pictures to train on, {} held out".format(len(training), len(held_out)))
    facts = {
        "training": len(training),
        "holdout": len(held_out),
        "command": command,
        "folders": ", ".join(os.path.basename(os.path.normpath(p)) for p in data_paths),
        "data_digest": hashlib.sha256("".join(sorted(pictures)).encode()).hexdigest(),
    }
    device = device or runtime.auto()
    if device.kind == "ascend" and device.iterations_per_call > 1:
        raise UserError(
            "device.iterations_per_loop={}: a training feeds every step; set it to 1".format(
                device.iterations_per_call
            )
        )
    built = tf.Graph()
    with built.as_default(), tf.device(device.placement), device.session(built) as session:
        run = Training(settings, device, session, training, held_out, out_folder, facts)
        if run.resume():
            say("continuing {} at step {}".format(run.checkpoint, run.step))
        run.loop(on_metrics or (lambda step, metrics: None))
    psnr = run.finish(say)
    return dict(
        weights=run.path("denoiser.npz"),
        card=run.path("denoiser.md"),
        steps=run.step,
        seconds=run.seconds,
        cpu_seconds=run.cpu_seconds,
        **{"psnr_{:g}".format(level): value for level, value in psnr.items()},
    )


class Training:
    """A training in progress, in a session."""

    def __init__(self, settings, device, session, training, held_out, folder, facts):
        self.settings, self.session, self.folder, self.facts = settings, session, folder, facts
        self.device, self._watch = device, device.first_call
        self.net = networks.network(settings.architecture)
        self.source = patches.Patches(
            training,
            settings.batch_size,
            settings.patch,
            settings.sigma_max,
            settings.low_sigma,
            settings.low_share,
            settings.seed,
            settings.scales,
            settings.colour if settings.channels == CHANNELS else 0.0,
        )
        side = settings.patch
        self.graph = graph.Graph(
            self.net,
            (settings.batch_size, side, side, 3),
            graph.compute_dtype(settings.compute),
            settings.clip_norm,
            self._first_values(),
            device,
            settings.channels,
        )
        self.validate = validation.Validation(
            held_out,
            lambda x, sigma: self.graph.denoise(self.graph.average, x, sigma),
            settings.levels,
            settings.seed,
            copies=self.graph.copies,
        )
        initialise = tf.global_variables_initializer()
        device.check(tf.get_default_graph())
        session.run(initialise)
        self.step, self.psnr = 0, {}
        self.seconds = self.cpu_seconds = 0.0

    def _first_values(self):
        """Return the weights of the start if one is given, else random ones."""
        settings = self.settings
        if settings.start is None:
            return graph.initial_values(self.net, settings.seed, settings.biases)
        path = denoisers.BUNDLED if settings.start == "bundled" else settings.start
        return fitting(path, self.net, storage.load(path).arrays)

    def path(self, name):
        """Return where a file of this training lies."""
        return os.path.join(self.folder, name)

    @property
    def checkpoint(self):
        """Where the state lies from which the training continues."""
        return self.path("checkpoint.npz")

    def resume(self):
        """Take up the checkpoint in the folder, if there is one; return whether there was."""
        if not os.path.exists(self.checkpoint):
            return False
        description, arrays = storage.load_arrays(self.checkpoint)
        before = dict(Settings._field_defaults, **description["settings"])
        for key, value in plain(self.settings, self.facts).items():
            if before.get(key) != value:
                raise UserError(
                    "{}: trained with {}={}, now {}; keep it, or give another folder".format(
                        self.checkpoint, key, before.get(key), value
                    )
                )
        self.graph.restore(self.session, arrays)
        self.step, self.seconds = description["step"], description["seconds"]
        self.cpu_seconds = description.get("cpu_seconds", 0.0)
        self.psnr = {float(level): value for level, value in description["psnr"].items()}
        return True

    def loop(self, on_metrics):
        """Do the remaining steps, with validation, checkpoints and metrics on the way."""
        settings, losses, norms = self.settings, [], []
        clock, worked = time.time(), time.process_time()
        for batch in self.source.stream(self.step, settings.steps):
            loss, norm = self._advance(batch)
            losses.append(loss)
            norms.append(norm)
            last = self.step == settings.steps
            if last or self.step % settings.report_every == 0:
                if not np.all(np.isfinite(losses)):
                    raise FloatingPointError(
                        "training diverged before step {}; the last checkpoint is {}; "
                        "lower learning_rate".format(self.step, self.checkpoint)
                    )
                spent = time.time() - clock
                self.seconds += spent
                self.cpu_seconds += time.process_time() - worked
                on_metrics(self.step, self._metrics(losses, norms, spent))
                losses, norms = [], []
                clock, worked = time.time(), time.process_time()
            if last or self.step % settings.validate_every == 0:
                self.psnr = self.validate(self.session)
                on_metrics(
                    self.step,
                    {"psnr_{:g}".format(level): value for level, value in self.psnr.items()},
                )
            if last or self.step % settings.checkpoint_every == 0:
                self.save()

    def _advance(self, batch):
        settings, built = self.settings, self.graph
        feed = built.noise.feed(settings.seed, self.step)
        feed[built.patches], feed[built.levels] = batch
        feed[built.rate] = graph.learning_rate(
            self.step, settings.steps, settings.learning_rate, settings.warmup
        )
        feed[built.decay] = graph.averaging(self.step, settings.average)
        with self._watch():
            loss, norm, _ = self.session.run([built.loss, built.norm, built.train], feed)
        self._watch = contextlib.nullcontext  # the first step compiles
        self.step += 1
        return loss, norm

    def _metrics(self, losses, norms, spent):
        settings = self.settings
        pace = spent / len(losses)
        return {
            "loss": float(np.mean(losses)),
            "gradient_norm": float(np.max(norms)),
            "learning_rate": graph.learning_rate(
                self.step, settings.steps, settings.learning_rate, settings.warmup
            ),
            "megapixels_per_second": settings.batch_size * settings.patch**2 / pace / 1e6,
            "seconds_left": pace * (settings.steps - self.step),
        }

    def save(self):
        """Write the checkpoint, and the moving average as weights with their card."""
        state = self.session.run(self.graph.state)
        description = {
            "settings": plain(self.settings, self.facts),
            "step": self.step,
            "seconds": self.seconds,
            "cpu_seconds": self.cpu_seconds,
            "psnr": self.psnr,
        }
        storage.save_arrays(self.checkpoint, description, state)
        self.weights = storage.Weights(
            self.settings.architecture,
            self.session.run(self.graph.average),
            {
                "sigma": None,
                "channels": self.settings.channels,
                "step": self.step,
                "seed": self.settings.seed,
            },
        )
        storage.save(self.path("denoiser.npz"), self.weights)
        self.write_card({self.validate.name: self.psnr})

    def write_card(self, psnr):
        """Write the card of the weights in the folder."""
        stored = storage.load(self.path("denoiser.npz"))
        settings = self.settings._asdict()
        settings["architecture"] = json.dumps(settings["architecture"])
        settings["start"] = settings["start"] or "random weights"
        card.write(
            self.path("denoiser.md"),
            psnr,
            name="denoiser",
            digest=stored.digest,
            parameters=sum(array.size for array in stored.arrays.values()),
            macs=macs_per_pixel(self.net),
            step=self.step,
            hours=self.seconds / 3600.0,
            dtype=self.graph.dtype.name,
            **card.KINDS[self.settings.channels],
            **dict(settings, **self.facts),
        )

    def finish(self, say):
        """Evaluate the stored weights on the evaluation folders; return the validation PSNR."""
        table = {self.validate.name: self.psnr}
        for folder in self.settings.evaluation_paths:
            name = os.path.basename(os.path.normpath(folder))
            say("evaluating on {}".format(name))
            denoiser = Denoiser("denoiser", storage.load(self.path("denoiser.npz")))
            pictures = patches.read(folder, self.settings.channels)
            pictures = [pictures[key] for key in sorted(pictures)]
            table["{}, {} pictures".format(name, len(pictures))] = validation.evaluate(
                denoiser,
                pictures,
                self.settings.evaluation_levels,
                self.settings.seed,
                self.device,
                self.graph.copies,
            )
        self.write_card(table)
        stored = storage.load(self.path("denoiser.npz"))
        tf_checkpoint.save(self.path("model.ckpt"), stored, self.device.host_session)
        return self.psnr
