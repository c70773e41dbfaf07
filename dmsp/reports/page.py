"""One page of HTML for a sweep, with all that belongs to it inside."""

import base64
import html
import io
import pathlib

from dmsp.checks import writing
from dmsp.files import whole
from dmsp.reports import figures, gallery, significance, tables
from dmsp.reports.runs import load

HERE = pathlib.Path(__file__).parent
NAME = "index.html"
MOST_RIVALS = 12  # rows of a problem's table of differences


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
    best = [index for index in runs.best() if index in indices]
    parts = [
        '<section class="group"><p class="read">{}; PSNR and SSIM in {}.</p>'.format(
            _text(data), _text(protocol)
        ),
        '<div class="cards">{}</div>'.format("".join(_card(runs, index) for index in best[:6])),
    ]
    if "quality" in drawn:
        parts.append(
            "<h2>Quality</h2><p>{}</p>{}".format(_text(caption), _figure(drawn["quality"]))
        )
    if shown is not None:
        parts.append(_gallery(shown))
    if "time" in drawn:
        parts.append(
            "<h2>Quality against time</h2><p>Mean over the pictures, of the best run of each; the "
            "mark is where it ended.</p>{}".format(_figure(drawn["time"]))
        )
    parts.append(
        "<h2>All runs</h2><p>The best of runs on the same observations are marked; a "
        "click on a heading sorts.</p>"
    )
    parts.append(_wide(tables.as_html(runs, indices)))
    parts.append(_differences(runs, indices, best))
    commands = "\n".join(runs.runs[i].command for i in best if runs.runs[i].command)
    if commands:
        parts.append("<h2>Repeat the best</h2><pre><code>{}</code></pre>".format(_text(commands)))
    return "\n".join(parts) + "</section>"


def _card(runs, index):
    row = runs.table.loc[index]
    prior = [name for name in runs.swept if name not in runs.observed]
    return (
        '<div class="card"><div class="where">best{}</div><div class="value">{:.2f} dB '
        "<small>{}</small></div><div>{}</div></div>"
    ).format(
        _text(" at " + runs.label(index, runs.observed) if runs.observed else ""),
        row["psnr"],
        "" if row["gain"] != row["gain"] else "{:+.2f} over the baseline".format(row["gain"]),
        _text(runs.label(index, prior)),
    )


def _differences(runs, indices, best):
    """Return the tables of paired differences from the best run of each problem."""
    rows = []
    prior = [name for name in runs.swept if name not in runs.observed]
    for winner in best:
        problem = runs.table.at[winner, "problem"]
        rivals = [i for i in indices if runs.table.at[i, "problem"] == problem and i != winner]
        rivals.sort(key=lambda i: -runs.table.at[i, "psnr"])
        for place, rival in enumerate(rivals[:MOST_RIVALS]):
            first, second = significance.paired(runs.pictures(winner), runs.pictures(rival))
            if first:
                found = significance.difference(first, second)
                label = runs.label(winner) if place == 0 else ""
                rows.append((place == 0, label, runs.label(rival, prior), found))
    if not rows:
        return ""
    reach = max(max(abs(v) for v in (d.mean,) + d.interval if v == v) for _, _, _, d in rows)
    body = "".join(_difference(*row, reach=reach or 1.0) for row in rows)
    return (
        "<h2>Are the differences real?</h2><p>PSNR of the best minus that of the other, paired "
        "over the pictures: mean with its 95 % bootstrap interval, the Wilcoxon signed-rank test "
        "and the paired t-test, two-sided and not corrected for their number. With fewer than {} "
        "pictures no verdict is given.</p>{}"
    ).format(
        significance.FEWEST,
        _wide(
            '<table class="differences"><thead><tr>{}</tr></thead><tbody>{}</tbody></table>'.format(
                "".join(
                    '<th scope="col"{}><button type="button" disabled>{}</button></th>'.format(
                        ' class="n"' * right, heading
                    )
                    for heading, right in (
                        ("best", 0),
                        ("other", 0),
                        ("difference (dB)", 1),
                        ("95 % interval", 1),
                        ("", 0),
                        ("wins", 1),
                        ("Wilcoxon p", 1),
                        ("t-test p", 1),
                        ("verdict", 0),
                    )
                ),
                body,
            )
        ),
    )


def _difference(first, winner, rival, found, reach):
    low, high = found.interval
    return (
        '<tr{}><td>{}</td><td>{}</td><td class="n">{:+.3f}</td><td class="n">{}</td><td>{}</td>'
        '<td class="n">{} of {}</td><td class="n">{}</td><td class="n">{}</td><td>{}</td></tr>'
    ).format(
        ' class="first"' * first,
        _text(winner),
        _text(rival),
        found.mean,
        "–" if low != low else "{:+.3f} … {:+.3f}".format(low, high),
        _bar(found.mean, low, high, reach),
        found.wins,
        found.pictures,
        _p(found.wilcoxon),
        _p(found.t_test),
        found.verdict,
    )


def _bar(mean, low, high, reach):
    low, high = (mean if value != value else value for value in (low, high))
    place = [50 + 46 * value / reach for value in (low, high, mean)]
    return (
        '<span class="bar"><u style="left:50%"></u><s style="left:{:.1f}%;width:{:.1f}%"></s>'
        '<b style="left:{:.1f}%"></b></span>'
    ).format(place[0], place[1] - place[0], place[2])


def _p(value):
    return "–" if value != value else "< 0.001" if value < 0.001 else "{:.3f}".format(value)


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
            whole=_png(panel.whole),
            piece=_png(panel.piece),
            box=box,
        )
        for panel in shown.panels
    )
    where = "At {}. ".format(shown.problem) if shown.problem else ""
    return (
        "<h2>{}</h2><p>{}The frame of {}×{} pixels at row {}, column {}, below enlarged without "
        'interpolation.</p><div class="gallery" style="grid-template-columns:repeat({},1fr)">'
        "{}</div>"
    ).format(_text(shown.picture), _text(where), h, w, y, x, len(shown.panels), cells)


def _png(pixels):
    from PIL import Image

    stream = io.BytesIO()
    Image.fromarray(pixels).save(stream, format="PNG", optimize=True)
    return "data:image/png;base64," + base64.b64encode(stream.getvalue()).decode()


def _figure(figure):
    data = base64.b64encode(figures.svg(figure)).decode()
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
        words += ", in {} groups that cannot be compared".format(len(runs.groups))
    return words


def _provenance(runs):
    parts = []
    for key, name in (("dmsp", "dmsp"), ("git_commit", "commit"), ("device", "on")):
        values = sorted({str(run.figures[key]) for run in runs.runs if run.figures.get(key)})
        if len(values) == 1:
            parts.append("{} {}".format(name, values[0]))
    return "; ".join(parts)


def _text(words):
    return html.escape(str(words), quote=True)
