"""A run in a few figures: ``summary.json``, MLflow's metrics and the closing line."""

import json
import math
import statistics

from dmsp.files import whole

# Present in every summary, null where a run does not know them.
KEYS = (
    "status",
    "psnr",
    "ssim",
    "psnr_baseline",
    "images",
    "skipped",
    "diverged",
    "iterations",
    "seconds",
    "seconds_per_iteration",
    "seconds_first_call",
    "network_share",
    "task",
    "noise",
    "noise_used",
    "sigma_dae",
    "optimizer",
    "denoiser",
    "data_sha256",
    "denoiser_sha256",
    "device",
    "precision",
    "metric_protocol",
    "mlflow_run_id",
    "config_hash",
)
METRICS = (
    "psnr",
    "ssim",
    "psnr_baseline",
    "images",
    "skipped",
    "diverged",
    "iterations",
    "seconds",
    "seconds_per_iteration",
    "seconds_first_call",
    "network_share",
    "noise_used",
)


def summarise(rows, facts):
    """Return the summary of a run.

    Args:
        rows: a dict for each picture, as in ``results.csv``.
        facts: what else is known; it holds against what follows from the rows.
    """
    kinds = [str(row["status"]).split(" ")[0].rstrip(":") for row in rows]
    done = [row for row, kind in zip(rows, kinds) if kind != "skipped"]
    summary = dict.fromkeys(KEYS)
    summary.update(
        status="done",
        images=len(done),
        skipped=kinds.count("skipped"),
        diverged=kinds.count("diverged"),
        iterations=max([row["iterations"] for row in done], default=0),
    )
    for name in ("psnr", "ssim", "psnr_baseline"):
        summary[name] = _mean([row[name] for row in done])
    summary.update(facts)
    return {key: _plain(value) for key, value in summary.items()}


def measured(facts, milliseconds):
    """Return what follows from the pictures' own facts: times, noise told, protocol.

    Args:
        facts: a dict for each picture, as :class:`dmsp.reports.PictureResult` has it.
        milliseconds: of every iteration.
    """
    known = {
        name: [one[name] for one in facts if one.get(name) is not None]
        for name in (
            *("seconds", "seconds_first_call", "noise_told", "noise_used"),
            *("network_share", "metric_protocol", "kernel_seconds"),
        )
    }
    estimated = {"kernel_seconds": math.fsum(known["kernel_seconds"])}
    return {
        **(estimated if known["kernel_seconds"] else {}),
        "seconds": math.fsum(known["seconds"]),
        "seconds_per_iteration": statistics.median(milliseconds) / 1e3 if milliseconds else None,
        "seconds_first_call": max(known["seconds_first_call"], default=None),
        "noise_told": _mean(known["noise_told"]),
        "noise_used": _mean(known["noise_used"]),
        "network_share": (known["network_share"] or [None])[0],
        "metric_protocol": (known["metric_protocol"] or [None])[-1],
    }


def write(path, summary):
    """Write a summary as JSON; the file appears whole or not at all."""
    with whole(path) as part, open(part, "w", encoding="utf-8") as file:
        json.dump(summary, file, indent=2, ensure_ascii=False, allow_nan=False)
        file.write("\n")


def headline(summary):
    """Return {name: number} of a summary, for MLflow."""
    return {name: summary[name] for name in METRICS if summary.get(name) is not None}


def verdict(summary):
    """Return the line that closes a run: what it reached, how fast, and where to look."""
    parts = [_count(summary)]
    if summary["psnr"] is not None:
        parts.append(_quality(summary))
    elif str(summary["metric_protocol"]).startswith("not measured"):
        parts.append(summary["metric_protocol"])
    if summary.get("noise_level") not in (None, "known") and summary["noise_used"] is not None:
        parts.append(_noise(summary))
    if summary["seconds_per_iteration"] is not None:
        device = " on {}".format(summary["device"]) if summary["device"] else ""
        parts.append("{:.3g} s an iteration{}".format(summary["seconds_per_iteration"], device))
    if summary["status"] != "done":
        parts.insert(0, str(summary["status"]))
    line = ", ".join(parts)
    return "{}; see {}".format(line, summary["folder"]) if summary.get("folder") else line


def _count(summary):
    images = summary["images"]
    text = "{} picture{} restored".format(images, "" if images == 1 else "s")
    extra = [
        "{} {}".format(summary[kind], kind) for kind in ("skipped", "diverged") if summary[kind]
    ]
    return "{} ({})".format(text, ", ".join(extra)) if extra else text


def _quality(summary):
    text = "{:.2f} dB".format(summary["psnr"])
    baseline = summary["psnr_baseline"]
    if baseline is not None:
        gain = summary["psnr"] - baseline
        side = "above" if gain >= 0 else "below"
        text += ", {:.2f} {} the baseline's {:.2f}".format(abs(gain), side, baseline)
    if summary["ssim"] is not None:
        text += ", SSIM {:.3f}".format(summary["ssim"])
    return text


def _noise(summary):
    text = "noise found {:.3g}".format(summary["noise_used"])
    return text if summary["noise"] is None else "{} of {:.3g}".format(text, summary["noise"])


def _mean(values):
    known = [float(value) for value in values if value is not None]
    known = [value for value in known if math.isfinite(value)]
    return math.fsum(known) / len(known) if known else None


def _plain(value):
    """Return a value as JSON can hold it: no NumPy, no infinity, no NaN."""
    if isinstance(value, dict):
        return {str(key): _plain(inner) for key, inner in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(inner) for inner in value]
    value = value.item() if hasattr(value, "item") else value
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    return value if value is None or isinstance(value, (bool, int, str)) else str(value)
