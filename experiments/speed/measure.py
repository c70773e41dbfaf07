"""What is measured of one configuration: its iterations, its network alone, the cores' peak."""

import pathlib
import resource
import statistics
import sys
import time

import numpy as np

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

SIDES = (1024, 2048, 4096)  # of the matrices whose product is the peak, whichever is quickest
MEGA, GIGA = 1e6, 1e9


def compose(overrides):
    """Return the configuration that ``run.py`` composes from these overrides."""
    from hydra import compose, initialize_config_dir

    import dmsp.config  # noqa: F401  registers the resolvers

    with initialize_config_dir(config_dir=str(ROOT / "conf"), version_base="1.3"):
        return compose("config", overrides=list(overrides))


def restored(overrides, peak=True):
    """Return what the restoration of the first batch of a configuration costs and reaches.

    Args:
        overrides: as on the command line of ``run.py``.
        peak: whether to measure the peak of a matrix product beside it.

    Returns:
        dict with ``course`` (seconds since the start and PSNR in dB, after each iteration),
        ``psnr``, ``seconds``, ``seconds_per_iteration`` and ``network_seconds`` of a picture,
        ``gflops`` of the network, ``peak_gflops``, ``megapixels``, ``pictures`` of the batch
        and ``memory_gb``.
    """
    from dmsp.experiment import Experiment

    experiment = Experiment(compose(overrides))
    batch, outcomes = experiment.restore(experiment.prepare(experiment.batches[0]))
    rows, facts = outcomes[0].iterations, batch.facts[0]
    iteration = statistics.median(row["ms"] for row in rows) / 1e3
    network = facts["network_share"] * iteration
    height, width = batch.operator.latent_shape
    work = 2.0 * experiment.denoiser.macs_per_pixel * height * width
    found = {
        "course": course(facts["seconds"], rows),
        "psnr": rows[-1].get("psnr"),
        "seconds": facts["seconds"],
        "seconds_per_iteration": iteration,
        "network_seconds": network,
        "gflops": work / network / GIGA,
        "megapixels": height * width / MEGA,
        "pictures": len(outcomes),
        "memory_gb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 / GIGA,
        "precision": experiment.precision.dtype.name,
        "software": experiment.device.description,
    }
    experiment.close()
    if peak:
        found["peak_gflops"] = peak_gflops(experiment.device, experiment.precision.dtype)
    return found


def exchange(overrides, path):
    """Write what another program needs for the same problem into an npz.

    Args:
        overrides: of a task=deblur with optimizer=hqs, as on the command line of ``run.py``.
        path: the file.
    """
    from dmsp.experiment import Experiment

    config = compose(overrides)
    experiment = Experiment(config)
    batch, _ = experiment.restore(experiment.prepare(experiment.batches[0]))
    operator, y, truth = batch.operator, batch.observations[0], batch.truths[0]
    (top, bottom), (left, right) = operator.margin
    levels = known_levels(experiment, operator, y, config.sigma_dae)
    np.savez(
        str(path),
        observation=y,
        first=np.pad(y, ((top, bottom), (left, right), (0, 0)), "edge"),
        truth=truth[top : len(truth) - bottom, left : truth.shape[1] - right],
        kernel=operator.kernel,
        margin=np.array(operator.margin),
        border=operator.border,
        sigma=config.noise,
        sigma_dae=config.sigma_dae / 255.0,
        betas=levels.damping * levels.sigma**2,
        step=1.0,  # α / (1 - μ) of the published optimizer
        sigmas=levels.sigma / 255.0,
        work=2.0 * experiment.denoiser.macs_per_pixel * np.prod(operator.latent_shape),
    )
    experiment.close()


def known_levels(experiment, operator, y, sigma_dae):
    """Return the :class:`dmsp.optimizers.hqs.Levels` of all iterations, noise of known level."""
    from dmsp.objective import KnownNoise, Problem
    from dmsp.tensorflow import tf

    optimizer = experiment.optimizer
    with tf.Graph().as_default(), tf.Session() as session:
        observation = tf.constant(y[None])
        noise = KnownNoise(experiment.sigma)
        problem = Problem(operator, observation, None, sigma_dae, noise, None)
        first = operator.initial(observation)
        found = [optimizer.levels(problem, first, k) for k in range(optimizer.num_iter)]
        found = session.run(found)
    return type(found[0])(*(np.ravel(values) for values in zip(*found)))


def course(seconds, rows):
    """Return [seconds, PSNR] after each iteration; the first estimate's time comes before."""
    times = np.cumsum([row["ms"] for row in rows]) / 1e3
    before = max(0.0, seconds - times[-1])
    return [[float(before + t), row.get("psnr")] for t, row in zip(times, rows)]


def peak_gflops(device, dtype):
    """Return the speed of the best product of two large matrices, GFLOP/s."""
    from dmsp.tensorflow import tf

    found = []
    for side in SIDES:
        with tf.Graph().as_default() as graph:
            start = tf.cast(tf.random.normal((side, side)), dtype)
            a, b = (tf.get_variable(name, initializer=start, use_resource=True) for name in "ab")
            corner = tf.matmul(a, b)[0, 0]  # asked for, so that nothing of size is copied out
            with device.session(graph) as session:
                session.run(tf.global_variables_initializer())
                found.append(best_gflops(lambda s=session, c=corner: s.run(c), side))
    return max(found)


def best_gflops(product, side, repeats=8):
    """Return the GFLOP/s of the quickest of some calls of a product of two square matrices."""
    times = []
    for _ in range(repeats + 1):  # the first one plans
        start = time.perf_counter()
        product()
        times.append(time.perf_counter() - start)
    return 2.0 * side**3 / min(times) / GIGA
