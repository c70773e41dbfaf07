"""The published tables in a few lines, for the main README."""

import re

from dmsp import markdown

MARKED = re.compile(r"## ([^\n]+)\n(?:(?!\n## ).)*?<!-- \w+ -->\n(\|.*?)\n<!-- end -->", re.DOTALL)
OURS = ("dmsp, k1", "dmsp")  # where methods are published for the first kernel, ours of it


def summary(text, where):
    """Return a table of studies: our mean PSNR, and how far it is from what is published.

    A difference is the mean over those rows that hold a figure of the method.

    Args:
        text: of the README that holds the studies' tables, each below its heading.
        where: what links to it start with.
    """
    lines = []
    for heading, block in MARKED.findall(text):
        header, _, *rows = (
            [cell.strip() for cell in line.strip("|").split("|")] for line in block.splitlines()
        )
        methods = header[header.index("s a picture") + 1 :] if "s a picture" in header else []
        methods = [method for method in methods if method not in OURS]
        rows = [dict(zip(header, row)) for row in rows]
        rows = [row for row in rows if any(_known(row[method]) for method in methods)]
        if rows:
            link = "[{}]({}#{})".format(heading, where, _anchor(heading))
            ours = [float(_ours(row, "")) for row in rows]
            differences = ["{:+.2f} {}".format(_ahead(rows, m), m) for m in methods]
            lines.append([link, str(len(rows)), "{:.2f}".format(sum(ours) / len(ours))])
            lines[-1].append("; ".join(differences))
    return markdown.table(["study", "rows", "dmsp, dB", "ahead of"], lines)


def _ahead(rows, method):
    """Return by how many dB ours are above a method, mean over the rows that have it."""
    found = [float(_ours(row, method)) - float(row[method]) for row in rows if _known(row[method])]
    return sum(found) / len(found)


def _ours(row, method):
    return row[OURS[0]] if method.endswith(", k1") else row[OURS[1]]


def _known(cell):
    return re.fullmatch(r"-?[\d.]+", cell) is not None


def _anchor(heading):
    return re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-")
