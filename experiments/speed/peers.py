"""What deepinv needs for the same observation with the same network, on PyTorch's CPU."""

import importlib
import statistics
import sys
import time
import types

import measure
import numpy as np
import torch

sys.path.append(str(measure.ROOT / "experiments" / "training"))
import torch_networks

WEIGHTS = measure.ROOT / "dmsp" / "denoisers" / "weights" / "default.npz"


def deepinv():
    """Return deepinv, also where torchvision was built for another PyTorch than the one here.

    Then torchvision's own operators are missing, which deepinv does without, and only the
    registration of their shapes fails.
    """
    name = "torchvision._meta_registrations"
    try:
        importlib.import_module("torchvision")
    except RuntimeError:
        for module in [m for m in sys.modules if m.split(".")[0] == "torchvision"]:
            del sys.modules[module]
        sys.modules[name] = types.ModuleType(name)
    return importlib.import_module("deepinv")


class Watched(torch.nn.Module):
    """A denoiser that keeps what goes in or out and when, which is the course of the iterations.

    Args:
        network: ``r(x, σ)``.
        end: ``output`` where an iteration ends with the denoiser, else ``input``.
    """

    def __init__(self, network, end):
        super().__init__()
        self.network, self.end = network, end
        self.estimates, self.times, self.seconds = [], [], []

    def forward(self, x, sigma=None, **options):
        """Return the network's result."""
        start = time.perf_counter()
        result = self.network(x, sigma)
        now = time.perf_counter()
        self.seconds.append(now - start)
        self.times.append(now if self.end == "output" else start)
        self.estimates.append(result if self.end == "output" else x)
        return result


def hqs(library, denoiser, problem):
    """Return deepinv's half-quadratic splitting at the levels and weights of ours."""
    sigmas = torch.tensor(problem["sigmas"])
    stepsize = (sigmas / problem["sigma"]) ** 2 / torch.tensor(problem["betas"])
    return library.optim.HQS(
        prior=library.optim.PnP(denoiser=denoiser),
        data_fidelity=library.optim.L2(),
        max_iter=len(sigmas),
        stepsize=[float(value) for value in stepsize],
        sigma_denoiser=[float(value) for value in sigmas],
    )


def dpir(library, denoiser, problem):
    """Return deepinv's DPIR: half-quadratic splitting at its own eight levels."""
    return library.optim.DPIR(sigma=problem["sigma"], denoiser=denoiser)


def gradient_descent(library, denoiser, problem):
    """Return deepinv's gradient descent with a denoiser's mean shift, at our weights.

    ``x ← x - α / (1 - μ) (w Aᵀ(A x - y) + (1 - w)(x - r(x)))``: our momentum with its mean step,
    without the noise of the prior.
    """
    ratio = (problem["sigma"] / problem["sigma_dae"]) ** 2  # (1 - w) / w
    return library.optim.GD(
        prior=library.optim.RED(denoiser=denoiser),
        data_fidelity=library.optim.L2(),
        max_iter=problem["iterations"],
        stepsize=problem["step"] / (1.0 + ratio),
        lambda_reg=ratio,
        sigma_denoiser=problem["sigma_dae"],
    )


METHODS = {
    "hqs": (hqs, "output"),
    "dpir": (dpir, "output"),
    "gradient": (gradient_descent, "input"),
}


def restored(method, exchange, half=False, steps=None, iterations=100):
    """Return what a method of deepinv costs and reaches, as :func:`measure.restored`.

    Args:
        method: a name of :data:`METHODS`.
        exchange: npz of the problem, as :func:`measure.exchange` wrote it.
        half: whether the network computes in bfloat16.
        steps: conjugate-gradient steps of a data step; deepinv's own number if not given.
        iterations: of the gradient descent.
    """
    library, dtype = deepinv(), torch.bfloat16 if half else torch.float32
    with np.load(str(exchange), allow_pickle=False) as stored:
        problem = {name: stored[name] for name in stored.files}
    problem = {name: a.item() if a.ndim == 0 else a for name, a in problem.items()}
    problem["iterations"] = iterations
    y, first = (tensor(problem[name]) for name in ("observation", "first"))
    options = {} if steps is None else {"max_iter": steps, "tol": 0.0}
    flipped = torch.from_numpy(problem["kernel"][::-1, ::-1].copy())[None, None]
    physics = library.physics.Blur(flipped, padding="valid", use_fft=True, **options)
    build, end = METHODS[method]
    network = torch_networks.load(WEIGHTS, dtype)
    denoiser = Watched(network, end)
    with torch.no_grad():
        network(first, 0.1)  # the first call plans
        solver = build(library, denoiser, problem)
        start = time.perf_counter()
        result = solver(y, physics, init=(first, first))
        seconds = time.perf_counter() - start
    return figures(denoiser, problem, result, start, seconds, dtype)


def figures(denoiser, problem, result, start, seconds, dtype):
    """Return the measurements of a run by name."""
    times, estimates = denoiser.times, denoiser.estimates
    if denoiser.end == "input":  # the first input is the start, the result the last estimate
        times, estimates = [*times[1:], start + seconds], [*estimates[1:], result]
    network = statistics.median(denoiser.seconds)
    values = [psnr(estimate, problem) for estimate in estimates]
    return {
        "course": [[t - start, value] for t, value in zip(times, values)],
        "psnr": psnr(result, problem),
        "seconds": seconds,
        "seconds_per_iteration": statistics.median(np.diff([start, *times])),
        "network_seconds": network,
        "gflops": problem["work"] / network / measure.GIGA,
        "peak_gflops": peak_gflops(dtype),
        "megapixels": float(np.prod(problem["first"].shape[:2])) / measure.MEGA,
        "precision": str(dtype).split(".")[-1],
        "software": "PyTorch {}, deepinv {}".format(torch.__version__, deepinv().__version__),
    }


def psnr(estimate, problem):
    """Return the PSNR over the field of view, by the protocol of dmsp.metrics, in dB."""
    from dmsp import metrics

    (top, bottom), (left, right) = problem["margin"].tolist()
    picture = 255.0 * estimate[0].float().permute(1, 2, 0).numpy()
    view = picture[top : len(picture) - bottom, left : picture.shape[1] - right]
    border = int(problem["border"])
    return metrics.psnr(view, problem["truth"], metrics.Protocol((border, border)))


def peak_gflops(dtype):
    """Return the speed of the best product of two large matrices, GFLOP/s."""
    found = []
    for side in measure.SIDES:
        a, b = (torch.randn(side, side).to(dtype) for _ in range(2))
        found.append(measure.best_gflops(lambda a=a, b=b: a @ b, side))
    return max(found)


def tensor(picture):
    """Return a picture (H, W, 3) of grey levels as (1, 3, H, W) from 0 to 1."""
    return torch.from_numpy(picture.transpose(2, 0, 1)[None] / np.float32(255)).contiguous()
