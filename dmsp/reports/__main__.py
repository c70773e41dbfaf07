"""Compare runs: ``python -m dmsp.reports --help``."""

import sys

from dmsp import commands
from dmsp.reports import best, compare, merge

COMMANDS = {"compare": compare, "best": best, "merge": merge}


def main(words=None):
    """Run the command that the words name; return the exit code."""
    return commands.run("python -m dmsp.reports", "Compare runs.", COMMANDS, words)


if __name__ == "__main__":
    sys.exit(main())
