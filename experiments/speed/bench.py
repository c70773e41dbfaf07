"""Guard against a loss of speed by ratios of times that were measured in one run: ``make bench``.

python experiments/speed/bench.py             measure, compare with bench.json, exit 1 if worse
python experiments/speed/bench.py --update    measure and keep the result as bench.json
"""

import argparse
import json
import pathlib
import subprocess
import sys
import time
from typing import NamedTuple

import measure

KEPT = pathlib.Path(__file__).resolve().parent / "bench.json"
SAMPLE = ("task=deblur", "kernel=motion", "noise=0.01", "data.limit=1", "tracking=none")
SIZE, LARGE = "data.resize=[321,481]", "data.resize=[642,962]"
HALF = "precision=allow_mix_precision"


class Guarded(NamedTuple):
    """What a ratio is, whether more of it is better, and by which factor it may become worse."""

    meaning: str
    more_is_better: bool
    tolerance: float


GUARDED = {
    "peak": Guarded("network, share of the measured peak in fp32", True, 1.15),
    "amx_bf16": Guarded("network in fp32 / in bfloat16, with AMX", True, 2.0),
    "avx512_bf16": Guarded("network in fp32 / in bfloat16, with AVX-512", True, 1.4),
    "hqs": Guarded("iteration of hqs / its network", False, 1.25),
    "momentum": Guarded("iteration of momentum / its network", False, 1.2),
    "batch": Guarded("picture's iteration in a batch of 4 / alone", False, 1.15),
    "pixels": Guarded("iteration of 4 times the pixels / 4 iterations", False, 1.2),
    "tiles": Guarded("iteration in tiles of 512 / whole, at 4 times the pixels", False, 1.2),
    "help": Guarded("--help / import of hydra", False, 1.3),
}


def measured():
    """Return the ratios by name; bfloat16's has the name of the CPU's instructions for it."""
    from dmsp.runtime.precision import bfloat16_instructions

    def cost(*words, peak=False):
        return measure.restored([*SAMPLE, *words], peak)

    one, half = cost(SIZE, "num_iter=8", peak=True), cost(SIZE, "num_iter=8", HALF)
    momentum = cost(SIZE, "num_iter=8", "optimizer=momentum")
    batch = cost(SIZE, "num_iter=4", "data.limit=4", "batch_size=4")
    large = cost(LARGE, "num_iter=4")
    tiles = cost(LARGE, "num_iter=4", "denoiser.tile=512")
    iteration, network = "seconds_per_iteration", "network_seconds"
    ratios = {
        "peak": one["gflops"] / one["peak_gflops"],
        "hqs": one[iteration] / one[network],
        "momentum": momentum[iteration] / momentum[network],
        "batch": batch[iteration] / one[iteration],
        "pixels": large[iteration] / large["megapixels"] * one["megapixels"] / one[iteration],
        "tiles": tiles[iteration] / large[iteration],
        "help": seconds(str(measure.ROOT / "run.py"), "--help") / seconds("-c", "import hydra"),
    }
    instructions = bfloat16_instructions()
    if instructions in GUARDED:
        ratios[instructions] = one[network] / half[network]
    return {"ratios": ratios, "software": one["software"]}


def seconds(*words, repeats=3):
    """Return the least time that Python needs for this command line."""
    times = []
    for _ in range(repeats):
        start = time.perf_counter()
        subprocess.run([sys.executable, *words], stdout=subprocess.DEVNULL, check=True)
        times.append(time.perf_counter() - start)
    return min(times)


def compare(found, kept):
    """Return a line for each guarded ratio, and the names of those that became worse.

    Args:
        found: {name: ratio} as measured now.
        kept: {name: ratio} to compare with.
    """
    lines, worse = [], []
    for name, guarded in GUARDED.items():
        now, before = found.get(name), kept.get(name)
        if now is None or before is None:
            verdict = "not measured here" if now is None else "new"
        else:
            change = before / now if guarded.more_is_better else now / before
            verdict = "{:+.0f} %".format(100 * (now / before - 1))
            if not change <= guarded.tolerance:
                verdict += ", WORSE than the factor {} allows".format(guarded.tolerance)
                worse.append(name)
        shown = ["-" if value is None else "{:.3f}".format(value) for value in (before, now)]
        lines.append("{:11} {:>6} -> {:>6}  {}: {}".format(name, *shown, guarded.meaning, verdict))
    return lines, worse


def updated(found, before):
    """Return what is kept from now on: what was found, and of before what this machine lacks.

    ``elsewhere`` says with what those were measured.
    """
    lacking = {n: ratio for n, ratio in before["ratios"].items() if n not in found["ratios"]}
    elsewhere = dict.fromkeys(lacking, before["software"])
    elsewhere.update((n, s) for n, s in before.get("elsewhere", {}).items() if n in lacking)
    return dict(found, ratios={**found["ratios"], **lacking}, elsewhere=elsewhere)


def main(arguments=None):
    """Measure, compare and return the exit code."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--update", action="store_true", help="keep the result as bench.json")
    parser.add_argument("--out", default="outputs/bench.json", help="where the result goes")
    options = parser.parse_args(arguments)
    from dmsp.files import write_json

    found = measured()
    write_json(options.out, found)
    kept = json.loads(KEPT.read_text(encoding="utf-8"))
    if options.update:
        kept = updated(found, kept)
        write_json(KEPT, kept)
    lines, worse = compare(found["ratios"], kept["ratios"])
    print("\n".join(lines))
    if worse:
        print("worse: {}".format(", ".join(worse)), file=sys.stderr)
        print("kept are those of {}".format(kept["software"]), file=sys.stderr)
    return 1 if worse else 0


if __name__ == "__main__":
    sys.exit(main())
