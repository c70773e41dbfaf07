"""The course of the restoration over the iterations."""

from dmsp.files import whole

THIN, MEAN, BASELINE, SOFT = "#9db7d5", "#0b4f8a", "#c4511d", "#6e747e"
# Beyond this many pictures, the lines of the single ones fade.
MANY = 12


def plot(path, courses, psnr_baseline=None):
    """Write the plot of PSNR, or of the residual without truth, against the iteration.

    A thin line for each picture of the first ones, a thick one for the mean of
    all; nothing where no figure is finite.

    Args:
        path: of the PNG.
        courses: :class:`dmsp.reports.courses.Courses`.
        psnr_baseline: mean of the simple method, dB, drawn dashed.
    """
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    known = bool(courses.mean("psnr"))
    name = "psnr" if known else "residual"
    mean = courses.mean(name)
    if not mean:
        return
    figure = Figure(figsize=(7.2, 4.2), dpi=150, facecolor="white")
    FigureCanvasAgg(figure)
    axes = figure.add_axes([0.105, 0.13, 0.75, 0.81])
    single = courses.single(name)
    _lines(axes, single if len(single) > 1 else [], mean)
    labels = [(mean[-1][1], "mean" if len(single) > 1 else "restored", MEAN)]
    if known and psnr_baseline is not None:
        axes.axhline(psnr_baseline, color=BASELINE, linewidth=1.4, linestyle=(0, (5, 3)))
        labels.append((psnr_baseline, "baseline", BASELINE))
    _labels(axes, labels, "{:.2f} dB" if known else "{:.2f}")
    _frame(axes, "PSNR (dB)" if known else "residual (grey levels RMS)")
    with whole(path) as part:
        figure.savefig(part, format="png")


def _lines(axes, single, mean):
    alpha = 0.9 if len(single) <= MANY else 0.35
    for points in single:
        axes.plot(*zip(*points), color=THIN, linewidth=0.9, alpha=alpha)
    marker = "o" if len(mean) <= 30 else None
    axes.plot(*zip(*mean), color=MEAN, linewidth=2.2, marker=marker, markersize=4)
    if len(mean) == 1:
        axes.set_xlim(mean[0][0] - 1, mean[0][0] + 1)


def _labels(axes, labels, figure):
    """Name one or two lines at the right, apart from one another.

    Args:
        labels: (value, name, colour) of each.
        figure: format of a value.
    """
    labels = sorted(labels)
    heights = [value for value, _, _ in labels]
    low, high = axes.get_ylim()
    apart = 0.13 * (high - low)
    if heights[-1] - heights[0] < apart and len(heights) > 1:
        middle = sum(heights) / 2
        heights = [middle - apart / 2, middle + apart / 2]
    for height, (value, name, colour) in zip(heights, labels):
        axes.annotate(
            "{}\n{}".format(figure.format(value), name),
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
    axes.yaxis.set_label_coords(-0.09, 0.5)
    axes.xaxis.set_major_locator(MaxNLocator(integer=True, steps=[1, 2, 5, 10]))
    frame(axes)


def frame(axes):
    """Give axes a light grid, and no lines but those at the left and below."""
    axes.tick_params(labelsize=9.5, color=SOFT)
    axes.grid(True, color="#e6e8eb", linewidth=0.7)
    axes.set_axisbelow(True)
    for side in ("top", "right"):
        axes.spines[side].set_visible(False)
    for side in ("left", "bottom"):
        axes.spines[side].set_color(SOFT)
