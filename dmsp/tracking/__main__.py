"""``python -m dmsp.tracking sync [folder]``: deliver what a server that was away has missed."""

import argparse
import logging
import pathlib
import sys

from dmsp.errors import UserError
from dmsp.streams import outlive_readers
from dmsp.tracking import journal
from dmsp.tracking.sync import deliver_left_behind


def main(arguments=None):
    """Deliver all records kept in a folder; return the exit code."""
    parser = argparse.ArgumentParser(prog="python -m dmsp.tracking", description=__doc__)
    commands = parser.add_subparsers(dest="command")
    commands.required = True
    command = commands.add_parser("sync", help="deliver the records that are kept in a folder")
    command.add_argument(
        "folder", nargs="?", default="outputs", help="the runs' folder, outputs=… of run.py"
    )
    command.add_argument(
        "--uri", help="the store's address where it is not the one of the run, or has a password"
    )
    options = parser.parse_args(arguments)
    outlive_readers()
    logging.basicConfig(format="%(message)s")
    try:
        return sync(pathlib.Path(options.folder), options.uri)
    except (UserError, OSError) as error:
        print("error: {}".format(error), file=sys.stderr)
        return 2


def sync(folder, uri=None):
    """Deliver the records kept in a folder of runs, and say what became of each."""
    if not folder.is_dir():
        raise UserError(
            "{}: no such folder; name the runs' folder, outputs=… of run.py".format(folder)
        )
    delivered = failed = 0
    for outcome in deliver_left_behind(folder / journal.FOLDER, uri=uri):
        if outcome.error is None:
            delivered += 1
            print("{}: delivered, MLflow run {}".format(outcome.name, outcome.run_id))
        else:
            failed += 1
            line = "{}: kept; {}".format(outcome.name, outcome.error)
            if "***" in str(outcome.error):
                line += "; give the address with its password: --uri …"
            print(line, file=sys.stderr)
    print("{} delivered, {} kept".format(delivered, failed))
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
