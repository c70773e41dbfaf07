"""Put runs side by side: tables, figures and a page."""

from dmsp.reports import choosing, tables

LIMIT = 40  # rows printed


def configure(parser):
    """Add the command's arguments."""
    choosing.configure(parser)


def run(arguments):
    """Print the table of each group of runs that may be compared."""
    found = choosing.chosen(arguments)
    groups = found.groups
    if len(groups) > 1:
        print(
            "{} groups: runs of different metric protocols or data sets are ranked apart".format(
                len(groups)
            )
        )
    for group in groups:
        protocol, data = found.protocol(group)
        print("\n{}; {}".format(data, protocol))
        print(tables.plain(found, found.table.index[found.table["group"] == group], LIMIT))
    cut = found.table.index[~found.table["complete"]]
    if len(cut):
        print("\nnot ranked")
        print(tables.plain(found, cut, LIMIT))
