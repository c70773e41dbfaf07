"""Figures of runs side by side: quality against a swept parameter, and against time."""

from dmsp.reports import drawing, timing
from dmsp.reports.drawing import INK, MARKERS
from dmsp.reports.plan import is_numeric, levels, make, points, rows
from dmsp.reports.runs import text

QUANTITIES = {"psnr": "PSNR (dB)", "ssim": "SSIM"}
FORMS = {"psnr": "{:.2f}", "ssim": "{:.3f}"}
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
    lines = drawing.legend_lines(plan.hue, hues, len(panels)) if plan.hue else 0
    figure, grid = drawing.grid(len(kinds), len(panels), lines)
    for axes_row, kind in zip(grid, kinds):
        found = points(runs, indices, plan, kind)
        for axes, panel in zip(axes_row, panels):
            here = [point for point in found if point.panel == panel]
            _curves(axes, here, hues, across)
            # Where harder observations stand beside easier ones, the highest says nothing.
            if here and plan.x not in runs.observed:
                _mark(axes, max(here, key=lambda point: point.mean), across, FORMS[kind])
        _same_span(axes_row, SMALLEST_SPAN[kind])
        axes_row[0].set_ylabel(QUANTITIES[kind], fontsize=10, color=INK)
    for axes, panel in zip(grid[0], panels):
        drawing.title(axes, plan.panel, panel, _baseline(runs, indices, plan.panel, panel))
    for axes in grid[-1]:
        axes.set_xlabel(plan.x, fontsize=10, color=INK)
    if plan.hue:
        drawing.legend(figure, plan.hue, hues, len(panels))
    return figure


def against_time(runs, indices, plan):
    """Return the figure of PSNR against the solver's time, ``None`` without ``iterations.csv``.

    A curve is the mean over pictures of the best run of each choice, such as each
    optimizer, else of the best few runs; all of a panel restore the same observations.
    """
    series = timing.series(runs, indices)
    panels = timing.panels(runs, indices, plan.panel, series)
    names = list(dict.fromkeys(curve.name for panel in panels for curve in panel.curves))
    names = names[: len(MARKERS)]
    if not names:
        return None
    values = [v for v in levels(runs, indices, series) if v in names] if series else names
    lines = drawing.legend_lines(series, values, len(panels)) if len(values) > 1 else 0
    figure, (row,) = drawing.grid(1, len(panels), lines)
    styles = dict(zip(values, zip(drawing.colours(values), MARKERS)))
    for axes, panel in zip(row, panels):
        for curve in panel.curves:
            if curve.name in styles:
                colour, marker = styles[curve.name]
                axes.plot(curve.seconds, curve.psnr, color=colour, linewidth=1.8)
                axes.plot(curve.seconds[-1:], curve.psnr[-1:], marker, color=colour, markersize=5.5)
        drawing.title(axes, plan.panel, panel.value, panel.problem)
        drawing.frame(axes)
        axes.set_xlabel("seconds a picture", fontsize=10, color=INK)
        ends = [curve.seconds[-1] for curve in panel.curves]
        if max(ends) > 20 * min(curve.seconds[0] for curve in panel.curves):
            _logarithmic(axes.xaxis)
    row[0].set_ylabel(QUANTITIES["psnr"], fontsize=10, color=INK)
    if len(values) > 1:
        drawing.legend(figure, series or "the best runs", values, len(panels))
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
    if plan.x is not None and table["psnr"][indices].notna().any():
        found["quality"] = quality(runs, indices, plan)
    timed = against_time(runs, indices, plan)
    if timed is not None:
        found["time"] = timed
    return found, caption(plan)


def caption(plan):
    """Return how the figures are to be read, in a sentence or two."""
    parts = [
        "Bars: ± 1 standard error over the pictures, what runs on the same observations have in "
        "common of a picture removed (paired). All panels of a row span the same range."
    ]
    if plan.best_over:
        parts.append("The best over {} is shown.".format(", ".join(plan.best_over)))
    if plan.mean_over:
        parts.append("Means over {}.".format(", ".join(plan.mean_over)))
    return " ".join(parts)


def _curves(axes, found, hues, across):
    numeric = is_numeric(across)
    for hue, colour, marker in zip(hues, drawing.colours(hues), MARKERS):
        line = sorted(
            (point for point in found if point.hue == hue), key=lambda p: across.index(p.x)
        )
        axes.errorbar(
            [_place(point, across) for point in line],
            [p.mean for p in line],
            yerr=[_reach(p) for p in line],
            fmt=marker + ("-" if numeric else ""),
            color=colour,
            linewidth=1.6,
            markersize=5,
            elinewidth=1.0,
            capsize=2.5,
        )
    _ticks(axes, across, numeric)
    drawing.frame(axes)


def _place(point, across):
    return float(point.x) if is_numeric(across) else across.index(point.x)


def _reach(point):
    return 0.0 if point.error != point.error else point.error


def _mark(axes, best, across, form):
    """Put a ring around a point and its figure above it."""
    place = _place(best, across)
    axes.plot([place], [best.mean], "o", mfc="none", mec=INK, markersize=10, mew=1.1)
    axes.annotate(
        form.format(best.mean),
        (place, best.mean + _reach(best)),
        xytext=(0, 8),
        textcoords="offset points",
        ha="center",
        fontsize=9,
        fontweight="bold",
        color=INK,
    )


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


def _logarithmic(axis):
    """Give an axis a logarithmic scale with plain numbers at 1, 2 and 5 of each decade."""
    from matplotlib.ticker import LogLocator, NullFormatter

    axis.axes.set_xscale("log")
    axis.set_major_locator(LogLocator(subs=(1, 2, 5)))
    axis.set_major_formatter("{x:g}")
    axis.set_minor_formatter(NullFormatter())


def _same_span(row, smallest):
    limits = [axes.get_ylim() for axes in row]
    span = max([high - low for low, high in limits] + [smallest]) * 1.16
    for axes, (low, high) in zip(row, limits):
        middle = (low + high) / 2 + 0.03 * span
        axes.set_ylim(middle - span / 2, middle + span / 2)


def _baseline(runs, indices, name, value):
    known = rows(runs, indices, name, value)["psnr_baseline"].dropna()
    if known.empty or known.max() - known.min() > 0.005:
        return ""
    return "baseline {:.2f} dB".format(known.iloc[0])
