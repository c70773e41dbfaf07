"""The table of how far the best run of each problem is ahead of the others, in HTML."""

import html

from dmsp.reports import significance

MOST_RIVALS = 12  # rows of a problem
# Heading of each column, and whether it holds numbers.
COLUMNS = (
    ("best", False),
    ("other", False),
    ("difference (dB)", True),
    ("95 % interval", True),
    ("", False),
    ("wins", True),
    ("Wilcoxon p", True),
    ("t-test p", True),
    ("verdict", False),
)


def as_html(runs, indices, best):
    """Return the heading and the table, empty where no two runs share a picture.

    Args:
        runs: :class:`dmsp.reports.runs.Runs`.
        indices: of the runs of one group.
        best: the best of each problem among them.
    """
    rows = [row for winner in best for row in _rows(runs, indices, winner)]
    if not rows:
        return ""
    reach = max(max(abs(v) for v in (d.mean,) + d.interval if v == v) for _, _, d in rows)
    head = "".join(
        '<th scope="col"{}><button type="button" disabled>{}</button></th>'.format(
            ' class="n"' * right, heading
        )
        for heading, right in COLUMNS
    )
    body = "".join(_row(*row, reach=reach or 1.0) for row in rows)
    return (
        "<h2>Are the differences real?</h2><p>PSNR of the best minus that of the other, paired "
        "over the pictures: mean with its 95 % bootstrap interval, the Wilcoxon signed-rank test "
        "and the paired t-test, two-sided and not corrected for their number. With fewer than {} "
        'pictures no verdict is given.</p><div class="wide"><table class="differences">'
        "<thead><tr>{}</tr></thead><tbody>{}</tbody></table></div>"
    ).format(significance.FEWEST, head, body)


def _rows(runs, indices, winner):
    """Return (the winner's name in the first row, the rival's, the difference) of a problem."""
    prior = [name for name in runs.swept if name not in runs.observed]
    problem = runs.table["problem"]
    rivals = [i for i in indices if problem[i] == problem[winner] and i != winner]
    rivals.sort(key=lambda i: -runs.table.at[i, "psnr"])
    found = []
    for rival in rivals[:MOST_RIVALS]:
        first, second = significance.paired(runs.pictures(winner), runs.pictures(rival))
        if first:
            name = "" if found else runs.label(winner)
            found.append((name, runs.label(rival, prior), significance.difference(first, second)))
    return found


def _row(winner, rival, found, reach):
    low, high = found.interval
    return (
        '<tr{}><td>{}</td><td>{}</td><td class="n">{:+.3f}</td><td class="n">{}</td><td>{}</td>'
        '<td class="n">{} of {}</td><td class="n">{}</td><td class="n">{}</td><td>{}</td></tr>'
    ).format(
        ' class="first"' if winner else "",
        html.escape(winner),
        html.escape(rival),
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
    return "–" if value != value else "&lt; 0.001" if value < 0.001 else "{:.3f}".format(value)
