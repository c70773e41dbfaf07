"""Errors that a user can mend, told in one line."""

import difflib


class UserError(Exception):
    """A user's mistake.

    The message is one line that names the thing, the value and the mend. The
    launcher prints it without a traceback and exits with code 2.
    """


class Unfit(UserError):
    """A picture that a task can't be done on, where others may do: it is left out."""


def nearest(name, candidates):
    """Return ``"; did you mean 'x'?"`` for the closest candidate, else the list of choices.

    Args:
        name: what the user typed.
        candidates: the names that would have been accepted.
    """
    candidates = sorted(str(candidate) for candidate in candidates)
    close = difflib.get_close_matches(str(name), candidates, n=1, cutoff=0.5)
    if close:
        return "; did you mean '{}'?".format(close[0])
    return "; choose one of: {}".format(", ".join(candidates))
