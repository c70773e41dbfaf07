"""Which runs a command is about: its arguments, and the runs that they name."""

from dmsp.errors import UserError
from dmsp.reports import runs, stored

NOTES = 20  # printed


def configure(parser):
    """Add the arguments that choose runs."""
    parser.add_argument(
        "folders", nargs="*", default=["outputs"], help="folders or globs of runs (outputs)"
    )
    parser.add_argument("--uri", help="read from MLflow instead, an address as tracking.uri")
    parser.add_argument("--experiment", metavar="NAME", help="with --uri: only this experiment")
    parser.add_argument("--sweep", help="with --uri: a sweep's folder or its end, or a parent run")
    parser.add_argument("--filter", help="with --uri: MLflow's filter, as metrics.psnr > 30")


def chosen(arguments):
    """Return the :class:`dmsp.reports.runs.Runs` that the arguments name; print what is left out.

    Raises:
        UserError: there is none.
    """
    if arguments.uri is None:
        for name in ("experiment", "sweep", "filter"):
            if getattr(arguments, name) is not None:
                raise UserError("--{}: only with --uri=…, of an MLflow store".format(name))
        found = runs.load(arguments.folders)
    else:
        from dmsp.tracking.search import search

        records = search(
            arguments.uri,
            experiment=arguments.experiment,
            sweep=arguments.sweep,
            condition=arguments.filter,
        )
        found = stored.load(records)
    for note in found.notes[:NOTES]:
        print(note)
    if len(found.notes) > NOTES:
        print("… and {} more; compare's page has them all".format(len(found.notes) - NOTES))
    return found


def names(text, found, option):
    """Return the parameters of a comma-separated list without those that all runs have alike.

    Raises:
        UserError: the runs have no such parameter.
    """
    listed = [name.strip() for name in text.split(",") if name.strip()]
    if not listed:
        raise UserError("{}: name parameters, such as task,noise".format(option))
    listed = [name for name in listed if not found.is_shared(name)]
    for name in listed:
        found.check(name, option)
    return listed
