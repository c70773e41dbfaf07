"""The studies that are tabulated: their runs, and what is published of the same."""

from typing import Any, Callable, Dict, NamedTuple, Tuple

from dmsp.reports import folders

QUICK = "precision=allow_mix_precision"
ENSEMBLES = (1, 8)


class Study(NamedTuple):
    """A study, whose runs become a table.

    Attributes:
        runs: {folder below the study's: overrides}; ``{data}`` and ``{dae}`` in them stand
            for the folder of test sets and the published weights.
        rows: {heading: what a run has under it}; runs that are alike in all of them make one row.
        published: {row: {method: its mean PSNR in dB}}.
        columns: {heading: what a run has under it}, where not every figure makes a row but
            rows of the same figures make a line.
        parts: what a run is tabulated as, a list of runs; whole unless it says otherwise.
    """

    runs: Dict[str, Tuple[str, ...]]
    rows: Dict[str, Callable]
    published: Dict[tuple, Dict[str, float]] = {}
    columns: Any = None
    parts: Callable = lambda run: [run]


def parameter(name):
    """Return the function that gives a run's parameter."""
    return lambda run: run.params[name]


def figure(name):
    """Return the function that gives what a run's summary says."""
    return lambda run: run.figures[name]


def grey_levels(run):
    """Return the noise of a run in grey levels of 255."""
    return round(255 * run.figures["noise"])


def each_picture(run):
    """Return a run for each picture of a run, with the parameter ``picture``."""
    return [
        run._replace(
            params=dict(run.params, picture=name), figures=dict(run.figures, images=1, **found)
        )
        for name, found in folders.pictures(run).items()
    ]


def pictures(run):
    """Return the name of a run's folder of pictures."""
    return str(run.params["data.path"]).rstrip("/").rsplit("/", 1)[-1]


STUDIES = {
    "bsds300_deblur": Study(
        {
            "hqs": ("optimizer=hqs", "data.path={data}/BSDS300", QUICK),
            "momentum": (
                "data.path={data}/BSDS300",
                "denoiser=matconvnet",
                "denoiser.path={dae}",
                "data.limit=20",
                QUICK,
            ),
        },
        {name: figure(name) for name in ("optimizer", "denoiser", "noise_level")},
        {
            ("hqs", "default", "known"): {"paper": 26.00, "published code": 26.06},
        },
    ),
    "set12_deblur": Study(
        {"": ("data.path={data}/set12", QUICK)},
        {"noise": parameter("noise")},
        {
            (0.01,): {"DMSP": 31.06, "VEM-Net": 31.93},
            (0.02,): {"DMSP": 28.97, "VEM-Net": 29.78},
            (0.03,): {"DMSP": 27.87, "VEM-Net": 28.47},
            (0.04,): {"DMSP": 27.07, "VEM-Net": 27.52},
            (0.05,): {"DMSP": 26.39, "VEM-Net": 26.77},
        },
    ),
    "set14_superres": Study(
        {
            "{}/{}".format(pictures, noise): (
                "data.path={{data}}/{}".format(pictures),
                "noise={}".format(noise),
                *(("task.scale=3",) if noise else ()),
                QUICK,
            )
            for pictures in ("set14", "set5")
            for noise in (0, 0.01, 0.03)
        },
        {"set": pictures, "scale": parameter("task.scale"), "noise": parameter("noise")},
        {
            ("set14", 2, 0): {"DMSP, k1": 30.40, "IRCNN, k1": 31.96, "VIRNet": 32.79},
            ("set14", 3, 0): {"DMSP, k1": 26.57, "IRCNN, k1": 28.43, "VIRNet": 29.21},
            ("set14", 4, 0): {"DMSP, k1": 24.68, "IRCNN, k1": 26.13, "VIRNet": 27.18},
            ("set14", 3, 0.01): {"DMSP, k1": 25.88, "IRCNN, k1": 28.20, "VIRNet": 29.10},
            ("set14", 3, 0.03): {"DMSP, k1": 25.43, "IRCNN, k1": 27.50, "VIRNet": 28.61},
            ("set5", 2, 0): {"DMSP, k1": 34.20},
            ("set5", 3, 0): {"DMSP, k1": 30.30},
            ("set5", 4, 0): {"DMSP, k1": 27.47},
            ("set5", 3, 0.01): {"DMSP, k1": 28.44},
            ("set5", 3, 0.03): {"DMSP, k1": 28.15},
        },
    ),
    "mcmaster_demosaic": Study(
        {
            str(ensemble): (
                "data.path={data}/mcmaster",
                "denoiser.ensemble={}".format(ensemble),
                QUICK,
            )
            for ensemble in ENSEMBLES
        },
        {"ensemble": parameter("denoiser.ensemble")},
        {(e,): {"MATLAB": 34.43, "IRCNN+": 37.79, "DPIR": 39.39} for e in ENSEMBLES},
    ),
    "denoise": Study(
        {
            "{}/{}".format(name, ensemble): (
                "data.path={data}/" + name,
                "denoiser.ensemble={}".format(ensemble),
                QUICK,
            )
            for name in ("cbsd68", "mcmaster")
            for ensemble in ENSEMBLES
        },
        {"set": pictures, "σ": grey_levels, "ensemble": parameter("denoiser.ensemble")},
        {
            (name, sigma, ensemble): {"FFDNet": ffdnet, "DRUNet": drunet}
            for name, sigma, ffdnet, drunet in (
                ("cbsd68", 15, 33.87, 34.30),
                ("cbsd68", 25, 31.21, 31.69),
                ("cbsd68", 50, 27.96, 28.51),
                ("mcmaster", 15, 34.66, 35.40),
                ("mcmaster", 25, 32.35, 33.14),
                ("mcmaster", 50, 29.18, 30.08),
            )
            for ensemble in ENSEMBLES
        },
    ),
    "kernel_blind": Study(
        {"": ("kernel.path={data}/kernels/levin09.npz", "data.limit=null", QUICK)},
        {"picture": parameter("picture"), "kernel": parameter("kernel.name")},
        columns=figure("task"),
        parts=each_picture,
    ),
    "sigma_dae": Study(
        {"": (QUICK,)},
        {"task": figure("task"), "noise": parameter("noise")},
        columns=parameter("sigma_dae"),
    ),
    "precision": Study(
        {"": ()}, {"task": figure("task"), "precision": parameter("precision.mode")}
    ),
}
