"""How figures of runs are drawn: the grid of panels, colours, titles and legends."""

import io
import math

from dmsp.fonts import dejavu_sans
from dmsp.reports import convergence
from dmsp.reports.plan import is_numeric
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
DPI = 150
# Inches: a panel with its labels, a line of the legend, its text's em, what goes with a text.
PANEL, LINE, EM, HANDLE = 2.95, 0.21, 9.5 / 72, 0.56


def width_of(panels):
    """Return the width of a figure with so many panels side by side, inches."""
    return max(5.4, 0.75 + PANEL * panels)


def grid(rows, columns, legend=0):
    """Return a figure and its axes, [row][column].

    Args:
        rows, columns: of panels.
        legend: lines that :func:`legend` will need, see :func:`legend_lines`.
    """
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    width = width_of(columns)
    above = 0.32 + (LINE * legend + 0.08 if legend else 0.0)
    height = above + 0.43 + 2.15 * rows
    figure = Figure(figsize=(width, height), dpi=DPI, facecolor="white")
    FigureCanvasAgg(figure)
    axes = figure.subplots(
        rows,
        columns,
        squeeze=False,
        gridspec_kw={
            "left": 0.72 / width,
            "right": 1 - 0.12 / width,
            "bottom": 0.5 / height,
            "top": 1 - above / height,
            "wspace": 0.26,
            "hspace": 0.2,
        },
    )
    return figure, axes


def colours(values):
    """Return a colour for each value: a scale for numbers, apart from one another otherwise."""
    from matplotlib.colors import LinearSegmentedColormap, to_hex

    if is_numeric(values) and len(values) > 1:
        scale = LinearSegmentedColormap.from_list("blues", SEQUENCE)
        return [to_hex(scale(i / (len(values) - 1.0))) for i in range(len(values))]
    return [CATEGORIES[i % len(CATEGORIES)] for i in range(len(values))]


def legend_lines(name, values, panels):
    """Return how many lines the legend of a figure with so many panels takes."""
    lines = math.ceil(len(values) / float(_columns(values, panels)))
    return lines + _has_title(name, values)


def legend(figure, name, values, panels):
    """Name the colours above the panels, in as many lines as it takes."""
    from matplotlib.lines import Line2D

    handles = [
        Line2D([], [], color=colour, marker=marker, markersize=5, linewidth=1.6)
        for colour, marker in zip(colours(values), MARKERS)
    ]
    drawn = figure.legend(
        handles,
        [text(value) for value in values],
        loc="upper left",
        bbox_to_anchor=(0.5 / figure.get_figwidth(), 1.0),
        ncol=_columns(values, panels),
        frameon=False,
        fontsize=9.5,
        title=name if _has_title(name, values) else None,
        handlelength=1.7,
        columnspacing=1.6,
    )
    drawn.get_title().set_fontsize(9.5)
    drawn._legend_box.align = "left"


def title(axes, name, value, right):
    """Write a panel's parameter and value at the left above it, something else at the right."""
    if name is not None:
        words = "{} {}".format(name, text(value))
        axes.set_title(words, loc="left", fontsize=10.5, fontweight="bold", color=INK)
    axes.set_title(right, loc="right", fontsize=9, color=SOFT)


def frame(axes):
    """Give axes a light grid and small dark labels."""
    convergence.frame(axes)
    axes.tick_params(labelsize=9, color=SOFT, labelcolor=INK)


def svg(figure):
    """Return a figure as SVG, bytes, the same for the same figure."""
    import matplotlib

    stream = io.BytesIO()
    with matplotlib.rc_context({"svg.hashsalt": "dmsp"}):
        figure.savefig(stream, format="svg", metadata={"Date": None})
    return stream.getvalue()


def _columns(values, panels):
    """Return how many names stand side by side in a legend."""
    font = dejavu_sans(100)
    widest = max(font.getlength(text(value)) for value in values) / 100.0 * EM + HANDLE
    return max(1, min(len(values), int((width_of(panels) - 0.5) / widest)))


def _has_title(name, values):
    return is_numeric(values) and len(values) > 1
