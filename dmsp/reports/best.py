"""Pick the best run of each group, and the command that repeats it."""

import shlex

from dmsp.checks import writing
from dmsp.errors import UserError
from dmsp.files import whole
from dmsp.reports import choosing, tables

METRICS = ("psnr", "ssim", "gain", "seconds", "seconds_per_iteration")


def configure(parser):
    """Add the command's arguments."""
    choosing.configure(parser)
    parser.add_argument(
        "--by", metavar="NAMES", help="a best one for each value of these, such as task,noise"
    )
    parser.add_argument("--write", metavar="FILE", help="the best run as a YAML, best.yaml")
    parser.add_argument("--metric", choices=METRICS, default="psnr", help="best in what (psnr)")


def run(arguments):
    """Print the best runs, each with its command."""
    found = choosing.chosen(arguments)
    by = None if arguments.by is None else choosing.names(arguments.by, found, "--by")
    best = found.best(arguments.metric, by)
    if not best:
        raise UserError("no run is complete; see python -m dmsp.reports compare")
    mixed = [] if by is None else [name for name in found.observed if name not in by]
    if mixed and len(set(found.table["problem"][found.table["complete"]])) > len(best):
        print("ranked across different {}; to rank apart, add it to --by".format(", ".join(mixed)))
    print(tables.plain(found, best))
    for index in best:
        command = found.runs[index].command or "not known: it has no .hydra/overrides.yaml"
        print("\n{}\n  {}".format(found.label(index), command))
    if arguments.write is not None:
        _write(found, best, arguments.write)


def _write(found, best, path):
    """Write the best run's configuration as a file that Hydra takes by ``--config-name``."""
    import pathlib

    if len(best) > 1:
        raise UserError(
            "--write: {} runs are best, each of its group; choose one".format(len(best))
        )
    folder = found.runs[best[0]].folder
    source = None if folder is None else folder / "config.yaml"
    if source is None or not source.exists():
        raise UserError("--write: the run's config.yaml is not on this machine")
    path = pathlib.Path(path).expanduser().absolute()
    command = "python run.py --config-path {} --config-name {}".format(
        shlex.quote(str(path.parent)), shlex.quote(path.stem)
    )
    text = source.read_text(encoding="utf-8")
    with writing("--write"), whole(path) as part, open(part, "w", encoding="utf-8") as file:
        file.write("# {}\n# {}\n{}".format(found.label(best[0]), command, text))
    print("\nwritten to {}; run it with\n  {}".format(path, command))
