"""Measure how quickly a picture is restored, beside deepinv and the cores' measured peak.

    python experiments/speed/compare.py                              on a bundled picture
    python experiments/speed/compare.py data=folder data.path=photos kernel=file kernel.path=k.npz

Each measurement is a process of its own and leaves a JSON file in outputs/speed. Those that are
there are kept, so that an interrupted comparison goes on. README.md beside this file tells more.
"""

import argparse
import json
import pathlib
import subprocess
import sys
from typing import Any, Callable, NamedTuple

import measure

HERE = pathlib.Path(__file__).resolve().parent
PICTURE = ("task=deblur", "kernel=motion", "noise=0.01", "data.limit=1", "tracking=none")
HALF = "precision=allow_mix_precision"
SIZES = ((256, 384), (512, 768), (1024, 1536), (2048, 3072), (4000, 6000))
BATCHES = (1, 2, 4)  # of the bundled pictures, which are four
FEW = 3  # conjugate-gradient steps, of a little noise about what hqs makes in an iteration


class Piece(NamedTuple):
    """One measurement: its label, and the function of (overrides, folder) that makes it."""

    label: str
    measured: Callable[[Any, Any], dict]


def ours(*words):
    """Return the function that measures our restoration with further overrides."""
    return lambda overrides, folder: measure.restored([*overrides, *words])


def theirs(method, **options):
    """Return the function that measures deepinv's restoration of the same observation."""

    def measured(overrides, folder):
        import peers

        problem = folder / "problem.npz"
        if not problem.exists():
            command = [sys.executable, str(HERE / "exchange.py"), str(problem), *overrides]
            subprocess.run(command, check=True)  # TensorFlow would share the cores with PyTorch
        return peers.restored(method, problem, **options)

    return measured


def sized(height, width):
    """Return the function that measures two iterations on a picture enlarged to a size."""
    words = ("data.resize=[{},{}]".format(height, width), "num_iter=2", HALF, "tile=2048")
    return lambda overrides, folder: measure.restored([*overrides, *words], peak=False)


def batched(count):
    """Return the function that measures iterations of several bundled pictures together.

    The pictures of the overrides may be fewer.
    """
    words = ("data.resize=[321,481]", "num_iter=4", "batch_size={}".format(count))
    words += ("data.limit={}".format(count),)
    return lambda overrides, folder: measure.restored([*PICTURE, *words], peak=False)


def pieces(published=None):
    """Return the measurements by name.

    Args:
        published: file of the published weights, if they are at hand.
    """
    few = "deepinv HQS, {} CG steps".format(FEW)
    found = {
        "hqs": Piece("hqs, the default", ours()),
        "hqs-half": Piece("hqs", ours(HALF)),
        "admm": Piece("admm", ours("optimizer=admm")),
        "red": Piece("red", ours("optimizer=red")),
        "preconditioned": Piece("preconditioned", ours("optimizer=preconditioned")),
        "adam": Piece("adam", ours("optimizer=adam")),
        "nesterov": Piece("nesterov", ours("optimizer=nesterov", HALF)),
        "momentum": Piece("momentum", ours("optimizer=momentum")),
        "momentum-half": Piece("momentum", ours("optimizer=momentum", HALF)),
        "deepinv-hqs": Piece(few, theirs("hqs", steps=FEW)),
        "deepinv-hqs-half": Piece(few, theirs("hqs", steps=FEW, half=True)),
        "deepinv-hqs-more": Piece("deepinv HQS, 12 CG steps", theirs("hqs", steps=12)),
        "deepinv-dpir": Piece("deepinv DPIR", theirs("dpir")),
        "deepinv-gradient": Piece("deepinv gradient descent", theirs("gradient")),
        "deepinv-gradient-half": Piece(
            "deepinv gradient descent", theirs("gradient", iterations=100, half=True)
        ),
    }
    if published:
        words = ("optimizer=momentum", "denoiser=matconvnet", "denoiser.path={}".format(published))
        found["published"] = Piece("momentum, published weights", ours("num_iter=40", *words))
        found["published-half"] = Piece("momentum, published weights", ours(HALF, *words))
    for size in SIZES:
        found["size-{}x{}".format(*size)] = Piece("", sized(*size))
    for count in BATCHES:
        found["batch-{}".format(count)] = Piece("", batched(count))
    return found


def main(arguments=None):
    """Make the measurements that are missing, or the one that is named; then the report."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--results", default="outputs/speed", help="folder of the measurements")
    parser.add_argument("--published", help="the published weights, DAE_sigma11.mat")
    parser.add_argument("--piece", help="make this measurement only, in this process")
    parser.add_argument("--list", action="store_true", help="print those that are missing")
    parser.add_argument("overrides", nargs="*", help="of run.py: data=… kernel=…")
    options = parser.parse_args(arguments)
    folder = pathlib.Path(options.results).resolve()
    folder.mkdir(parents=True, exist_ok=True)
    known = pieces(options.published)
    if not options.piece and not half_is_quick():  # the same in fp32 would be measured again
        known = {name: one for name, one in known.items() if not name.endswith("-half")}
    missing = [name for name in known if not (folder / (name + ".json")).exists()]
    if options.list:
        print("\n".join(missing))
    elif options.piece:
        make(known[options.piece], [*PICTURE, *options.overrides], folder, options.piece)
    else:
        for name in missing:
            print(name, flush=True)
            words = sys.argv[1:] if arguments is None else arguments
            subprocess.run([sys.executable, str(HERE / "compare.py"), "--piece", name, *words])
        import report

        print(report.write(known, folder, folder))


def half_is_quick():
    """Return whether this machine's 16-bit convolutions are worth measuring."""
    from dmsp import runtime
    from dmsp.tensorflow import tf

    return runtime.choose_precision("allow_mix_precision", runtime.auto()).dtype != tf.float32


def make(piece, overrides, folder, name):
    """Make a measurement and leave it as JSON."""
    from dmsp.files import write_json

    found = piece.measured(overrides, folder)
    write_json(folder / (name + ".json"), dict(found, label=piece.label))
    shown = {key: value for key, value in found.items() if key != "course"}
    print(json.dumps(shown, default=float))


if __name__ == "__main__":
    main()
