"""The table and the plot of a comparison, from the JSON files of its measurements."""

import json

HEADER = (
    *("method", "precision", "iterations", "PSNR, dB", "s to {:.2f} dB", "solver, s"),
    *("s an iteration", "network's share", "network, GFLOP/s", "share of peak"),
)
TARGET = 25.58  # what 300 iterations of the published implementation reach on the README's picture


def write(pieces, folder, target_folder):
    """Write ``table.md`` and ``curves.png`` and return the table's text.

    Args:
        pieces: {name: piece with a label} in the table's order.
        folder: of the measurements.
        target_folder: where to.
    """
    found = {}
    for name in pieces:
        path = folder / (name + ".json")
        if path.exists():
            found[name] = json.loads(path.read_text(encoding="utf-8"))
    methods = {name: one for name, one in found.items() if one["label"]}
    text = "\n\n".join(
        part
        for part in (
            table(HEADER, [row(one) for one in methods.values()]).format(TARGET),
            sizes([one for name, one in found.items() if name.startswith("size-")]),
            batches([one for name, one in found.items() if name.startswith("batch-")]),
            software(methods.values()),
        )
        if part
    )
    (target_folder / "table.md").write_text(text + "\n", encoding="utf-8")
    plot(list(methods.values()), target_folder / "curves.png")
    return text


def row(one):
    """Return the cells of a measurement of a method."""
    reached = seconds_to(one["course"], TARGET)
    network, iteration = one["network_seconds"], one["seconds_per_iteration"]
    return (
        one["label"],
        one["precision"],
        str(len(one["course"])),
        "{:.2f}".format(one["psnr"]),
        "never" if reached is None else "{:.2f}".format(reached),
        "{:.2f}".format(one["seconds"]),
        "{:.3f}".format(iteration),
        "{:.0f} %".format(100 * min(1.0, network / iteration)),
        "{:.0f}".format(one["gflops"]),
        "{:.0f} %".format(100 * one["gflops"] / one["peak_gflops"]),
    )


def seconds_to(course, psnr):
    """Return when a course first reaches a PSNR, ``None`` if it never does."""
    return next((seconds for seconds, value in course if value >= psnr), None)


def sizes(found):
    """Return the table of cost by picture size, empty without measurements."""
    rows = [
        (
            "{:.1f}".format(one["megapixels"]),
            "{:.2f}".format(one["seconds_per_iteration"]),
            "{:.2f}".format(one["seconds_per_iteration"] / one["megapixels"]),
            "{:.2f}".format(one["network_seconds"] / one["megapixels"]),
            "{:.1f}".format(one["memory_gb"]),
        )
        for one in found
    ]
    header = ("megapixels", "s an iteration", "s a megapixel", "of it network", "memory, GB")
    return table(header, rows) if rows else ""


def batches(found):
    """Return the table of cost by batch size, empty without measurements."""
    rows = [(str(one["pictures"]), "{:.3f}".format(one["seconds_per_iteration"])) for one in found]
    return table(("batch_size", "s an iteration of a picture"), rows) if rows else ""


def software(found):
    """Return the lines that say what was measured with, and the peaks."""
    names = sorted({one["software"] for one in found})
    peaks = {}
    for one in found:
        peaks.setdefault(one["precision"], []).append(one["peak_gflops"])
    lines = ["Measured with {}.".format("; with ".join(names))] if names else []
    for precision, values in sorted(peaks.items()):
        text = "Peak in {}: {:.0f} to {:.0f} GFLOP/s, beside each measurement."
        lines.append(text.format(precision, min(values), max(values)))
    return "\n".join(lines)


def table(header, rows):
    """Return a table in Markdown."""
    lines = [header, ("---",) * len(header), *rows]
    return "\n".join("| {} |".format(" | ".join(cells)) for cells in lines)


def plot(found, path):
    """Draw PSNR against the solver's time, both as measured after each iteration."""
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot

    figure, axes = pyplot.subplots(figsize=(9, 5.2), layout="constrained")
    shades = pyplot.get_cmap("tab20").colors
    shades = shades[::2] + shades[1::2]  # it pairs a dark with a light one
    colours = {}
    for one in found:
        colour = colours.setdefault(one["label"], shades[len(colours) % len(shades)])
        half = one["precision"] != "float32"
        label = "{}, {}".format(one["label"], one["precision"])
        seconds, psnr = zip(*one["course"])
        style = "--" if half else "-"
        marker = "o" if len(seconds) <= 40 else None
        axes.plot(seconds, psnr, style, color=colour, label=label, marker=marker, markersize=3)
    axes.axhline(TARGET, color="grey", linewidth=0.8)
    axes.set_xscale("log")
    axes.set_xlabel("solver's wall time, seconds")
    axes.set_ylabel("PSNR, dB")
    axes.grid(True, which="both", alpha=0.2)
    axes.legend(fontsize=8, loc="center left", bbox_to_anchor=(1.0, 0.5), frameon=False)
    figure.savefig(str(path), dpi=100)
    pyplot.close(figure)
