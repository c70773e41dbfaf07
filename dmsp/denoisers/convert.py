"""Convert a denoiser of another project into an npz file for denoiser=npz."""

import os

import numpy as np

from dmsp import denoisers
from dmsp.checks import writing
from dmsp.denoisers import storage
from dmsp.errors import UserError


def configure(parser):
    """Add the command's arguments."""
    parser.add_argument("source", help="file of any format that denoiser=… reads")
    parser.add_argument("target", help="the .npz file to write")
    parser.add_argument(
        "--sigma", type=float, help="noise level that a network of one level was trained for"
    )
    parser.add_argument(
        "--half", action="store_true", help="store float16: half the size, three digits"
    )


def run(arguments):
    """Convert the file and print the line that uses the result."""
    source, target = arguments.source, arguments.target
    if not target.endswith(".npz"):
        raise UserError("{}: the result is an npz file; name it ….npz".format(target))
    if os.path.exists(target) and os.path.exists(source) and os.path.samefile(source, target):
        raise UserError("{}: name another target; the source would be lost".format(target))
    denoiser = denoisers.file(source, arguments.sigma)
    metadata = dict(denoiser.weights.metadata, source=os.path.basename(source))
    with writing("the target"):
        storage.save(
            target,
            denoiser.weights._replace(metadata=metadata),
            np.float16 if arguments.half else np.float32,
        )
    level = "σ = {:g}".format(denoiser.sigma) if denoiser.sigma else "one noise level"
    print(
        "{}: {}, {}, {:.2f} M parameters; use it with denoiser=npz denoiser.path={}".format(
            denoiser.name,
            denoiser.weights.architecture["kind"],
            "told the noise level" if denoiser.conditional else "for " + level,
            sum(array.size for array in denoiser.arrays.values()) / 1e6,
            target,
        )
    )
