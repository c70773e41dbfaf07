"""Convert denoisers and measure their cost: ``python -m dmsp.denoisers --help``."""

import sys

from dmsp import commands
from dmsp.denoisers import benchmark, convert

COMMANDS = {"convert": convert, "benchmark": benchmark}


def main(words=None):
    """Run the command that the words name; return the exit code."""
    about = "Convert denoisers and measure their cost."
    return commands.run("python -m dmsp.denoisers", about, COMMANDS, words)


if __name__ == "__main__":
    sys.exit(main())
