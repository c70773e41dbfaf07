"""Compare runs: ``python -m dmsp.reports --help``."""

import argparse
import sys

from dmsp.errors import UserError
from dmsp.reports import best, compare, merge

# A command is a module with a docstring, `configure(parser)` and `run(arguments)`.
COMMANDS = {"compare": compare, "best": best, "merge": merge}


def main(words=None):
    """Run the command that the words name; return the exit code."""
    parser = argparse.ArgumentParser(prog="python -m dmsp.reports", description="Compare runs.")
    commands = parser.add_subparsers(dest="command", metavar="command")
    commands.required = True
    for name, module in COMMANDS.items():
        about = module.__doc__.split("\n")[0]
        command = commands.add_parser(name, help=about, description=about)
        module.configure(command)
        command.set_defaults(run=module.run)
    arguments = parser.parse_args(words)
    try:
        arguments.run(arguments)
    except UserError as error:
        print("error: {}".format(error), file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
