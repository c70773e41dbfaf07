"""Command lines with several commands, such as ``python -m dmsp.reports``."""

import argparse
import sys

from dmsp.errors import UserError
from dmsp.streams import outlive_readers


def run(prog, about, commands, words=None):
    """Run the command that the words name; return the exit code, 2 for a user's mistake.

    Args:
        prog: what is typed before the words.
        about: what all of it is for.
        commands: {name: module}, a module with a docstring, ``configure(parser)`` and
            ``run(arguments)``.
        words: those behind ``prog``; the process's own if not given.
    """
    parser = argparse.ArgumentParser(prog=prog, description=about)
    known = parser.add_subparsers(dest="command", metavar="command")
    known.required = True
    for name, module in commands.items():
        summary = module.__doc__.split("\n")[0]
        command = known.add_parser(name, help=summary, description=summary)
        module.configure(command)
        command.set_defaults(run=module.run)
    arguments = parser.parse_args(words)
    outlive_readers()
    try:
        arguments.run(arguments)
    except UserError as error:
        print("error: {}".format(error), file=sys.stderr)
        return 2
    return 0
