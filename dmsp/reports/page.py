"""One page of HTML for a sweep, with all that belongs to it inside."""

import base64
import html
import io
import pathlib

import numpy as np

from dmsp.checks import writing
from dmsp.files import whole
from dmsp.reports import differences, drawing, figures, gallery, tables
from dmsp.reports.plan import levels
from dmsp.reports.runs import load, text

HERE = pathlib.Path(__file__).parent
NAME = "index.html"
CARDS = 6  # of a group
SHOWN = 600  # pixels of a picture's longer side


def write(folder, out=None):
    """Compare the runs below a folder and write the page of them.

    Args:
        folder: of a sweep.
        out: folder of the page; ``None`` for ``report`` in that folder.

    Returns:
        path of the page.

    Raises:
        UserError: there are no runs, or the page cannot be written.
    """
    found = load([folder])
    out = pathlib.Path(str(out or pathlib.Path(str(folder)) / "report"))
    return write_page(found, make(found), out)


def make(runs, x=None, hue=None, picture=None, crop="auto"):
    """Return [(number of a group, {name: figure}, caption, gallery)] of all groups."""
    parts = []
    for group in runs.groups:
        drawn, caption = figures.of_group(runs, group, x, hue)
        parts.append((group, drawn, caption, gallery.make(runs, group, picture, crop)))
    return parts


def write_page(runs, parts, out):
    """Write the page of runs and what :func:`make` made of them; return its path."""
    path = out / NAME
    with writing("--out"):
        out.mkdir(parents=True, exist_ok=True)
        with whole(path) as part, open(part, "w", encoding="utf-8") as file:
            file.write(render(runs, parts))
    return path


def render(runs, parts):
    """Return the page; every text that came from a run is escaped."""
    title = " × ".join(runs.swept) or "runs"
    sweeps = sorted({run.sweep for run in runs.runs if run.sweep})
    over = sweeps[0] if len(sweeps) == 1 else "{} sweeps".format(len(sweeps)) if sweeps else ""
    body = [
        '<header><p class="over">{}</p><h1>{}</h1><p>{}</p></header>'.format(
            _text(over), _text(title), _text(_counts(runs))
        )
    ]
    body += [_group(runs, *part) for part in parts]
    cut = list(runs.table.index[~runs.table["complete"]])
    if cut:
        body.append("<h2>Not ranked</h2><p>These runs did not reach their end, or diverged.</p>")
        body.append(_wide(tables.as_html(runs, cut)))
    if runs.notes:
        items = "".join("<li>{}</li>".format(_text(note)) for note in runs.notes)
        body.append('<h2>Left out</h2><ul class="notes">{}</ul>'.format(items))
    return TEMPLATE.format(
        title=_text(title),
        style=(HERE / "page.css").read_text(encoding="utf-8"),
        script=(HERE / "page.js").read_text(encoding="utf-8"),
        body="\n".join(body),
        foot=_text(_provenance(runs)),
    )


TEMPLATE = """<!doctype html>
<html lang="en"><head><meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; img-src data:; \
style-src 'unsafe-inline'; script-src 'unsafe-inline'">
<title>{title}</title><style>
{style}</style></head><body>
{body}
<footer>{foot}</footer>
<script>
{script}</script></body></html>
"""


def _group(runs, group, drawn, caption, shown):
    indices = list(runs.table.index[(runs.table["group"] == group) & runs.table["complete"]])
    protocol, data = runs.protocol(group)
    measured = bool(runs.table["psnr"][indices].notna().any())
    best = [index for index in runs.best() if index in indices]
    parts = [
        '<section class="group">{}<p class="read">{}; {}{}.</p>'.format(
            _name(runs, indices), _text(data), "PSNR and SSIM in " * measured, _text(protocol)
        ),
        '<div class="cards">{}</div>'.format("".join(_card(runs, index) for index in best[:CARDS])),
    ]
    if len(best) > CARDS:
        words = "The best on {} more observations are marked in the table."
        parts.append('<p class="read">{}</p>'.format(words.format(len(best) - CARDS)))
    if "quality" in drawn:
        parts.append(_block("Quality", caption, _figure(drawn["quality"])))
    if shown is not None:
        parts.append(_gallery(shown))
    if "time" in drawn:
        words = "Mean over the pictures, of the best run of each; the mark is where it ended."
        parts.append(_block("Quality against time", words, _figure(drawn["time"])))
    parts.append(
        "<h2>All runs</h2><p>The best of runs on the same observations are marked; a "
        "click on a heading sorts.</p>"
    )
    parts.append(_wide(tables.as_html(runs, indices)))
    parts.append(differences.as_html(runs, indices, best))
    commands = "\n".join(runs.runs[i].command for i in best if runs.runs[i].command)
    if commands:
        code = "<pre><code>{}</code></pre>".format(_text(commands))
        parts.append(_block("Repeat the best", "", code))
    return "\n".join(parts) + "</section>"


def _name(runs, indices):
    """Return what tells a group's observations from those of the others, as its heading."""
    everything = list(runs.table.index[runs.table["complete"]])
    parts = []
    for name in runs.observed:
        here = levels(runs, indices, name)
        if here != levels(runs, everything, name):
            parts.append("{} {}".format(name, ", ".join(text(value) for value in here)))
    return "<h2>{}</h2>".format(_text("; ".join(parts))) if parts else ""


def _card(runs, index):
    row = runs.table.loc[index]
    prior = [name for name in runs.swept if name not in runs.observed]
    return (
        '<div class="card"><div class="where">best{}</div><div class="value">{:.2f} dB</div>'
        '<div class="where">{}</div><div>{}</div></div>'
    ).format(
        _text(" at " + runs.label(index, runs.observed) if runs.observed else ""),
        row["psnr"],
        "" if row["gain"] != row["gain"] else _gain(row["gain"]),
        _text(runs.label(index, prior)) if prior else "",
    )


def _gain(gain):
    where = "above" if gain >= 0 else "below"
    return "{:.2f} dB {} the baseline".format(abs(gain), where)


def _gallery(shown):
    y, x, h, w = shown.frame
    rows, columns = shown.panels[0].whole.shape[:2]
    box = "left:{:.2f}%;top:{:.2f}%;width:{:.2f}%;height:{:.2f}%".format(
        100.0 * x / columns, 100.0 * y / rows, 100.0 * w / columns, 100.0 * h / rows
    )
    cells = "".join(
        "<figure><figcaption><b>{title}</b><span>{figures}</span></figcaption>"
        '<div class="framed"><img alt="{title}" src="{whole}"><i style="{box}"></i></div>'
        '<img class="zoom" alt="{title}, enlarged" src="{piece}"></figure>'.format(
            title=_text(panel.title),
            figures=_text(panel.figures),
            whole=_png(_reduced(panel.whole)),
            piece=_png(panel.piece),
            box=box,
        )
        for panel in shown.panels
    )
    words = (
        "{}The frame of {}×{} pixels at row {}, column {}, below enlarged without "
        "interpolation.".format(
            "At {}. ".format(shown.problem) if shown.problem else "", h, w, y, x
        )
    )
    style = "grid-template-columns:repeat({},1fr)".format(len(shown.panels))
    return _block(
        shown.picture, words, '<div class="gallery" style="{}">{}</div>'.format(style, cells)
    )


def _block(heading, words, content):
    """Return a heading, a text and what they are about, which paper keeps together."""
    return '<div class="block"><h2>{}</h2><p>{}</p>{}</div>'.format(
        _text(heading), _text(words), content
    )


def _reduced(pixels):
    """Return a picture as large as the page can show it."""
    from PIL import Image

    image = Image.fromarray(pixels)
    image.thumbnail((SHOWN, SHOWN), Image.LANCZOS)
    return np.asarray(image)


def _png(pixels):
    from PIL import Image

    stream = io.BytesIO()
    Image.fromarray(pixels).save(stream, format="PNG", optimize=True)
    return "data:image/png;base64," + base64.b64encode(stream.getvalue()).decode()


def _figure(figure):
    data = base64.b64encode(drawing.svg(figure)).decode()
    width = int(figure.get_figwidth() * 122)
    return '<img class="figure" alt="" width="{}" src="data:image/svg+xml;base64,{}">'.format(
        width, data
    )


def _wide(table):
    return '<div class="wide">{}</div>'.format(table)


def _counts(runs):
    complete, total = int(runs.table["complete"].sum()), len(runs.runs)
    words = "{} run{}".format(total, "" if total == 1 else "s")
    if complete < total:
        words += ", {} of them complete".format(complete)
    if len(runs.groups) > 1:
        words += ", in {} groups of other pictures or measures, each ranked by itself".format(
            len(runs.groups)
        )
    left_out = sum(note.startswith("left out") for note in runs.notes)
    return words + ("; {} left out, see the end".format(left_out) if left_out else "")


def _provenance(runs):
    parts = []
    for key, name in (("dmsp", "dmsp"), ("git_commit", "commit"), ("device", "on")):
        values = sorted({str(run.figures[key]) for run in runs.runs if run.figures.get(key)})
        if len(values) == 1:
            parts.append("{} {}".format(name, values[0]))
    return "; ".join(parts)


def _text(words):
    return html.escape(str(words), quote=True)
