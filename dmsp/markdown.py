"""Tables in Markdown."""


def table(header, rows, rule=()):
    """Return a table in Markdown, without a line break at its end.

    Args:
        header: texts of the first line.
        rows: lists of as many texts.
        rule: what stands under the header, ``---`` for each column if not given.
    """
    lines = [header, rule or ["---"] * len(header), *rows]
    return "\n".join("| {} |".format(" | ".join(cells)) for cells in lines)
