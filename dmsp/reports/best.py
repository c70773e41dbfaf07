"""Pick the best run of each group, and the command that repeats it."""

from dmsp.errors import UserError
from dmsp.reports import choosing, tables

METRICS = ("psnr", "ssim", "gain", "seconds", "seconds_per_iteration")


def configure(parser):
    """Add the command's arguments."""
    choosing.configure(parser)
    parser.add_argument(
        "--by", metavar="NAMES", help="a best one for each value of these, such as task,noise"
    )
    parser.add_argument("--metric", choices=METRICS, default="psnr", help="best in what (psnr)")


def run(arguments):
    """Print the best runs, each with its command."""
    found = choosing.chosen(arguments)
    by = None if arguments.by is None else choosing.names(arguments.by, found, "--by")
    best = found.best(arguments.metric, by)
    if not best:
        raise UserError("no run is complete; see python -m dmsp.reports compare")
    print(tables.plain(found, best))
    for index in best:
        command = found.runs[index].command or "not known: it has no .hydra/overrides.yaml"
        print("\n{}\n  {}".format(found.label(index), command))
