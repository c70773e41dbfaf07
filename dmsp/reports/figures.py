"""Figures of runs side by side: quality against a swept parameter, and against time."""

import io

from dmsp.reports import timing
from dmsp.reports.convergence import frame
from dmsp.reports.plan import is_numeric, levels, make, points, rows
from dmsp.reports.runs import text

INK, SOFT = "#1c2430", "#66707d"
CATEGORIES = (
    "#0b4f8a",
    "#c4511d",
    "#2f7d5b",
    "#8a4f9e",
    "#a67c00",
    "#c23b6b",
    "#4b5a6b",
    "#2a9bb5",
)
SEQUENCE = ("#9cc3e4", "#08335c")  # from the smallest value to the largest
MARKERS = "osD^vPX*"
QUANTITIES = {"psnr": "PSNR (dB)", "ssim": "SSIM"}
SMALLEST_SPAN = {"psnr": 0.2, "ssim": 0.005}


def quality(runs, indices, plan):
    """Return the figure of PSNR and SSIM against ``plan.x``: a row each, a column a panel.

    All panels of a row span the same range, so that slopes can be compared.

    Args:
        runs: :class:`dmsp.reports.runs.Runs`.
        indices: of runs of one metric protocol and data set.
        plan: :class:`dmsp.reports.plan.Plan` with an x.
    """
    kinds = [kind for kind in QUANTITIES if runs.table[kind][list(indices)].notna().any()]
    panels = levels(runs, indices, plan.panel) if plan.panel else [None]
    hues = levels(runs, indices, plan.hue) if plan.hue else [None]
    across = levels(runs, indices, plan.x)
    figure, grid = _grid(len(kinds), len(panels), legend=plan.hue is not None)
    for axes_row, kind in zip(grid, kinds):
        found = points(runs, indices, plan, kind)
        for axes, panel in zip(axes_row, panels):
            here = [point for point in found if point.panel == panel]
            _curves(axes, here, hues, across, kind)
        _same_span(axes_row, SMALLEST_SPAN[kind])
        axes_row[0].set_ylabel(QUANTITIES[kind], fontsize=10, color=INK)
    for axes, panel in zip(grid[0], panels):
        _title(axes, plan.panel, panel, _baseline(runs, indices, plan.panel, panel))
    for axes in grid[-1]:
        axes.set_xlabel(plan.x, fontsize=10, color=INK)
    if plan.hue:
        _legend(figure, plan.hue, hues)
    return figure


def against_time(runs, indices, plan):
    """Return the figure of PSNR against the solver's time, ``None`` without ``iterations.csv``.

    A curve is the mean over pictures of the best run of each choice, such as each
    optimizer, else of the best few runs.
    """
    series = timing.series(runs, indices)
    panels = levels(runs, indices, plan.panel) if plan.panel else [None]
    drawn = [timing.curves(runs, indices, plan.panel, panel, series) for panel in panels]
    names = list(dict.fromkeys(name for curves in drawn for name, _, _ in curves))[: len(MARKERS)]
    drawn = [[curve for curve in curves if curve[0] in names] for curves in drawn]
    if not names:
        return None
    values = levels(runs, indices, series) if series else names
    figure, (row,) = _grid(1, len(panels), legend=True)
    for axes, panel, curves in zip(row, panels, drawn):
        for name, seconds, psnr in curves:
            colour, marker = colours(values)[values.index(name)], MARKERS[values.index(name) % 8]
            axes.plot(seconds, psnr, color=colour, linewidth=1.8)
            axes.plot(seconds[-1:], psnr[-1:], marker, color=colour, markersize=5.5)
        _title(axes, plan.panel, panel, "")
        _frame(axes)
        axes.set_xlabel("seconds a picture", fontsize=10, color=INK)
        if curves and max(c[1][-1] for c in curves) > 20 * min(c[1][0] for c in curves):
            axes.set_xscale("log")
            axes.xaxis.set_major_formatter("{x:g}")
    row[0].set_ylabel(QUANTITIES["psnr"], fontsize=10, color=INK)
    _legend(figure, series or "the best runs", values)
    return figure


def of_group(runs, group, x=None, hue=None):
    """Return {name: figure} of a group of runs that may be compared.

    Raises:
        UserError: x or hue is no parameter that was swept.
    """
    table = runs.table
    indices = list(table.index[(table["group"] == group) & table["complete"]])
    plan = make(runs, indices, x, hue)
    found = {}
    if plan.x is not None:
        found["quality"] = quality(runs, indices, plan)
    timed = against_time(runs, indices, plan)
    if timed is not None:
        found["time"] = timed
    return found, caption(plan)


def caption(plan):
    """Return how the figures are to be read, in a sentence or two."""
    parts = [
        "Bars: ± 1 standard error over the pictures, what all runs have in common of a picture "
        "removed (paired). All panels of a row span the same range."
    ]
    if plan.best_over:
        parts.append("The best over {} is shown.".format(", ".join(plan.best_over)))
    if plan.mean_over:
        parts.append("Means over {}.".format(", ".join(plan.mean_over)))
    return " ".join(parts)


def svg(figure):
    """Return a figure as SVG, bytes, the same for the same figure."""
    import matplotlib

    stream = io.BytesIO()
    with matplotlib.rc_context({"svg.hashsalt": "dmsp"}):
        figure.savefig(stream, format="svg", metadata={"Date": None})
    return stream.getvalue()


def colours(values):
    """Return a colour for each value: a scale for numbers, apart from one another otherwise."""
    from matplotlib.colors import LinearSegmentedColormap, to_hex

    if is_numeric(values) and len(values) > 1:
        scale = LinearSegmentedColormap.from_list("blues", SEQUENCE)
        return [to_hex(scale(i / (len(values) - 1.0))) for i in range(len(values))]
    return [CATEGORIES[i % len(CATEGORIES)] for i in range(len(values))]


def _grid(rows, columns, legend):
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    width = max(5.4, 0.75 + 2.95 * columns)
    height = 0.75 + 2.15 * rows + 0.35 * legend
    figure = Figure(figsize=(width, height), dpi=150, facecolor="white")
    FigureCanvasAgg(figure)
    top = 1 - (0.32 + 0.38 * legend) / height
    grid = figure.subplots(
        rows,
        columns,
        squeeze=False,
        gridspec_kw={
            "left": 0.72 / width,
            "right": 1 - 0.12 / width,
            "bottom": 0.5 / height,
            "top": top,
            "wspace": 0.26,
            "hspace": 0.2,
        },
    )
    return figure, grid


def _curves(axes, found, hues, across, kind):
    numeric = is_numeric(across)
    best = max(found, key=lambda point: point.mean, default=None)
    for hue, colour, marker in zip(hues, colours(hues), MARKERS):
        line = sorted(
            (point for point in found if point.hue == hue), key=lambda p: across.index(p.x)
        )
        place = [float(p.x) if numeric else across.index(p.x) for p in line]
        axes.errorbar(
            place,
            [p.mean for p in line],
            yerr=[0 if p.error != p.error else p.error for p in line],
            fmt=marker + ("-" if numeric else ""),
            color=colour,
            linewidth=1.6,
            markersize=5,
            elinewidth=1.0,
            capsize=2.5,
        )
    if best is not None:
        place = float(best.x) if numeric else across.index(best.x)
        form = "{:.2f}" if kind == "psnr" else "{:.3f}"
        axes.plot([place], [best.mean], "o", mfc="none", mec=INK, markersize=10, mew=1.1)
        axes.annotate(
            form.format(best.mean),
            (place, best.mean + (0 if best.error != best.error else best.error)),
            xytext=(0, 8),
            textcoords="offset points",
            ha="center",
            fontsize=9,
            fontweight="bold",
            color=INK,
        )
    _ticks(axes, across, numeric)
    _frame(axes)


def _ticks(axes, across, numeric):
    if not numeric:
        axes.set_xticks(range(len(across)))
        axes.set_xticklabels([text(value) for value in across])
        axes.set_xlim(-0.5, len(across) - 0.5)
        return
    low, high = float(min(across)), float(max(across))
    if low > 0 and high / low >= 20:
        axes.set_xscale("log")
        axes.minorticks_off()
    if len(across) <= 8:
        axes.set_xticks([float(value) for value in across])
        axes.set_xticklabels([text(value) for value in across])
    axes.margins(x=0.09)


def _same_span(row, smallest):
    limits = [axes.get_ylim() for axes in row]
    span = max([high - low for low, high in limits] + [smallest]) * 1.16
    for axes, (low, high) in zip(row, limits):
        middle = (low + high) / 2 + 0.03 * span
        axes.set_ylim(middle - span / 2, middle + span / 2)


def _frame(axes):
    frame(axes)
    axes.tick_params(labelsize=9, color=SOFT, labelcolor=INK)


def _title(axes, name, value, right):
    if name is not None:
        title = "{} {}".format(name, text(value))
        axes.set_title(title, loc="left", fontsize=10.5, fontweight="bold", color=INK)
    axes.set_title(right, loc="right", fontsize=9, color=SOFT)


def _legend(figure, name, values):
    from matplotlib.lines import Line2D

    numeric = is_numeric(values) and len(values) > 1
    handles = [
        Line2D([], [], color=colour, marker=marker, markersize=5, linewidth=1.6)
        for colour, marker in zip(colours(values), MARKERS)
    ]
    legend = figure.legend(
        handles,
        [text(value) for value in values],
        loc="upper left",
        bbox_to_anchor=(0.5 / figure.get_figwidth(), 1.0),
        ncol=len(values),
        frameon=False,
        fontsize=9.5,
        title=name if numeric else None,
        handlelength=1.7,
        columnspacing=1.6,
    )
    legend.get_title().set_fontsize(9.5)
    legend._legend_box.align = "left"


def _baseline(runs, indices, name, value):
    known = rows(runs, indices, name, value)["psnr_baseline"].dropna()
    if known.empty or known.max() - known.min() > 0.005:
        return ""
    return "baseline {:.2f} dB".format(known.iloc[0])
