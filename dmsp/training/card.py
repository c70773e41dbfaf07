"""The model card: what weights are, where they come from, what they reach."""

from dmsp.markdown import table

# By the channels of the noise.
KINDS = {
    3: {"kind": "colour", "note": ""},
    1: {
        "kind": "grey",
        "note": "\nThe noise is alike in R, G and B, and √3 times its level is told.",
    },
}
CARD = """# {name}

A noise-conditional denoiser of {kind} pictures: `r(x, sigma)` estimates the clean picture
from one with white Gaussian noise of known level.{note}

| | |
| --- | --- |
| network | `{architecture}` |
| parameters | {parameters} |
| multiply-accumulates per pixel | {macs:.0f} |
| weights, SHA-256 | `{digest}` |
| training pictures | {training} from {folders}; {holdout} more held out |
| pictures, SHA-256 of their sorted content hashes | `{data_digest}` |
| noise levels | 0 to {sigma_max:g} grey levels of 255 |
| steps | {step} of {steps}, {batch_size} patches of {patch}×{patch} |
| pictures in sizes | {scales} |
| patches in other colours | {colour:g} of 1 |
| begun with | {start} |
| seed | {seed} |
| computed in | {dtype}, weights in float32 |
| training time | {hours:.2f} hours |
| command | `{command}` |

Weights are the moving average of the training's; the file stores them in float16.

## PSNR in dB

Rounded to grey levels, noise not clipped, mean over pictures.

{table}
"""


def write(path, psnr, **facts):
    """Write a model card in Markdown.

    Args:
        path: the file.
        psnr: {what was measured on: {noise level: dB}}.
        **facts: the blanks of :data:`CARD`.
    """
    levels = sorted({level for row in psnr.values() for level in row})
    header = ["pictures"] + ["σ = {:g}".format(level) for level in levels]
    rows = [
        [name] + ["{:.2f}".format(row[level]) if level in row else "" for level in levels]
        for name, row in psnr.items()
    ]
    with open(path, "w", encoding="utf-8") as stream:
        stream.write(CARD.format(table=table(header, rows), **facts))
