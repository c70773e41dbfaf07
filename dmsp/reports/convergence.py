"""The course of the restoration over the iterations."""

import os

from dmsp.reports.summary import mean_course

THIN, MEAN, BASELINE, SOFT = "#9db7d5", "#0b4f8a", "#c4511d", "#6e747e"
# Beyond this many pictures, the lines of the single ones fade.
MANY = 12


def plot(path, courses, psnr_baseline=None):
    """Write the plot of PSNR, or of the residual without truth, against the iteration.

    Args:
        path: of the PNG.
        courses: a list for each picture, of a dict for each iteration.
        psnr_baseline: mean of the simple method, dB, drawn dashed.
    """
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    known = any(row.get("psnr") is not None for course in courses for row in course)
    name = "psnr" if known else "residual"
    figure = Figure(figsize=(7.2, 4.2), dpi=150, facecolor="white")
    FigureCanvasAgg(figure)
    axes = figure.add_axes([0.095, 0.13, 0.75, 0.8])
    _lines(axes, courses, name)
    if known and psnr_baseline is not None:
        axes.axhline(psnr_baseline, color=BASELINE, linewidth=1.4, linestyle=(0, (5, 3)))
    _labels(axes, mean_course(courses, name), psnr_baseline if known else None)
    _frame(axes, "PSNR (dB)" if known else "residual (grey levels RMS)")
    part = "{}.part".format(path)
    figure.savefig(part, format="png")
    os.replace(part, str(path))


def _lines(axes, courses, name):
    several = [mean_course([course], name) for course in courses if course]
    alpha = 0.9 if len(several) <= MANY else 0.35
    if len(several) > 1:
        for points in several:
            axes.plot(*zip(*points), color=THIN, linewidth=0.9, alpha=alpha)
    mean = mean_course(courses, name)
    marker = "o" if len(mean) <= 30 else None
    axes.plot(*zip(*mean), color=MEAN, linewidth=2.2, marker=marker, markersize=4)


def _labels(axes, mean, baseline):
    """Name the lines at their right ends, apart from one another."""
    pictures = len(axes.lines) > 2 + (baseline is not None)
    unit = " dB" if baseline is not None else ""
    labels = [(mean[-1][1], "{:.2f}{}\n{}".format(mean[-1][1], unit, "mean"), MEAN)]
    if not pictures:
        labels[0] = (mean[-1][1], "{:.2f}{}\nrestored".format(mean[-1][1], unit), MEAN)
    if baseline is not None:
        labels.append((baseline, "{:.2f} dB\nbaseline".format(baseline), BASELINE))
    low, high = axes.get_ylim()
    apart = 0.1 * (high - low)
    labels.sort(key=lambda label: label[0])
    heights = [label[0] for label in labels]
    if len(heights) == 2 and heights[1] - heights[0] < apart:
        middle = sum(heights) / 2
        heights = [middle - apart / 2, middle + apart / 2]
    for height, (_, text, colour) in zip(heights, labels):
        axes.annotate(
            text,
            (1.015, height),
            xycoords=("axes fraction", "data"),
            color=colour,
            fontsize=9.5,
            va="center",
            annotation_clip=False,
        )


def _frame(axes, quantity):
    from matplotlib.ticker import MaxNLocator

    axes.set_xlabel("iteration", fontsize=10.5)
    axes.set_ylabel(quantity, fontsize=10.5)
    axes.xaxis.set_major_locator(MaxNLocator(integer=True, steps=[1, 2, 5, 10]))
    axes.tick_params(labelsize=9.5, color=SOFT)
    axes.grid(True, color="#e6e8eb", linewidth=0.7)
    axes.set_axisbelow(True)
    for side in ("top", "right"):
        axes.spines[side].set_visible(False)
    for side in ("left", "bottom"):
        axes.spines[side].set_color(SOFT)
