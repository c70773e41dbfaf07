"""Which runs a command is about: its arguments, and the runs that they name."""

from dmsp.errors import UserError
from dmsp.reports import runs


def configure(parser):
    """Add the arguments that choose runs."""
    parser.add_argument(
        "folders", nargs="*", default=["outputs"], help="folders or globs of runs (outputs)"
    )


def chosen(arguments):
    """Return the :class:`dmsp.reports.runs.Runs` that the arguments name; print what is left out.

    Raises:
        UserError: there is none.
    """
    found = runs.load(arguments.folders)
    for note in found.notes:
        print(note)
    return found


def names(text, found, option):
    """Return the parameters of a comma-separated list.

    Raises:
        UserError: the runs do not differ in one of them.
    """
    listed = [name.strip() for name in text.split(",") if name.strip()]
    if not listed:
        raise UserError("{}: name parameters, such as task,noise".format(option))
    for name in listed:
        found.check(name, option)
    return listed
