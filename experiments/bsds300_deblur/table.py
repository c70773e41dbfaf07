"""Beside the published figures: ``python experiments/bsds300_deblur/table.py SWEEP_FOLDER``."""

import json
import pathlib
import sys

PUBLISHED = (
    ("paper, non-blind", "", "26.00", ""),
    ("published adaptation, GPU", "50", "26.06", ""),
    ("published adaptation, Ascend 910", "50", "26.06", "0.050"),
)
HEADER = ("run", "pictures", "PSNR in dB", "seconds an iteration")


def row(summary):
    """Return the cells of a run from its ``summary.json``."""
    what = "ours, noise level {}, {}, on {}".format(
        summary["noise_level"], summary["denoiser"], summary["device"]
    )
    psnr, seconds = summary["psnr"], summary["seconds_per_iteration"]
    return (what, str(summary["images"]), "{:.2f}".format(psnr), "{:.3f}".format(seconds))


def table(folder):
    """Return the Markdown table of the runs in a folder beside what is published."""
    paths = sorted(pathlib.Path(str(folder)).rglob("summary.json"))
    rows = [row(json.loads(path.read_text(encoding="utf-8"))) for path in paths]
    lines = [HEADER, ("---",) * len(HEADER)] + list(PUBLISHED) + rows
    return "\n".join("| {} |".format(" | ".join(cells)) for cells in lines)


if __name__ == "__main__":
    print(table(sys.argv[1]))
