"""Put runs side by side: tables, figures and a page."""

import pathlib

from dmsp.checks import writing
from dmsp.files import whole
from dmsp.reports import choosing, tables

LIMIT = 40  # rows printed


def configure(parser):
    """Add the command's arguments."""
    choosing.configure(parser)
    parser.add_argument("--x", metavar="NAME", help="parameter across the figure")
    parser.add_argument("--hue", metavar="NAME", help="parameter by colour")
    parser.add_argument("--picture", metavar="NAME", help="picture in the gallery")
    parser.add_argument("--crop", default="auto", help="frame in the gallery: auto or y,x,h,w")
    parser.add_argument("--out", metavar="FOLDER", help="where the files go (report in the folder)")


def run(arguments):
    """Print the table of each group of runs, and write tables, figures and the page."""
    found = choosing.chosen(arguments)
    _print(found)
    from dmsp.reports import page

    parts = page.make(found, arguments.x, arguments.hue, arguments.picture, arguments.crop)
    out = _folder(arguments)
    path = page.write_page(found, parts, out)
    with writing("--out"):
        tables.write(found, out)
        for group, drawn, _, gallery in parts:
            _write_pictures(out, "" if len(parts) == 1 else "-{}".format(group), drawn, gallery)
    print("\nsee {}".format(path))


def _print(found):
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


def _folder(arguments):
    if arguments.out:
        return pathlib.Path(arguments.out).expanduser()
    single = pathlib.Path(arguments.folders[0]).expanduser()
    alone = arguments.uri is None and len(arguments.folders) == 1 and single.is_dir()
    return (single if alone else pathlib.Path("outputs")) / "report"


def _write_pictures(out, suffix, drawn, gallery):
    from dmsp.images import write_png
    from dmsp.reports.gallery import draw

    for name, figure in drawn.items():
        with whole(out / "{}{}.png".format(name, suffix)) as part:
            figure.savefig(part, format="png")
    if gallery is not None:
        write_png(out / "gallery{}.png".format(suffix), draw(gallery))
