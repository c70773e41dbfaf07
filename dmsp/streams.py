"""Standard output and error, of which the reader may go before the process ends."""

import errno
import io
import os
import sys


class _Lasting(io.FileIO):
    """A stream's file; once its reader has gone, what is written goes nowhere."""

    def write(self, data):
        try:
            return super().write(data)
        except OSError as error:
            # A pipe that was closed, as by `head`; a terminal that is no longer there.
            if error.errno not in (errno.EPIPE, errno.EIO):
                raise
            nowhere = os.open(os.devnull, os.O_WRONLY)
            os.dup2(nowhere, self.fileno())
            os.close(nowhere)
            return super().write(data)


def outlive_readers():
    """Let the process go on when the reader of its output ends, instead of losing the work."""
    for name in ("stdout", "stderr"):
        stream = getattr(sys, name)
        if type(stream) is not io.TextIOWrapper or isinstance(_raw(stream), _Lasting):
            continue  # a test's, a notebook's, or done already
        stream.flush()
        raw = _Lasting(stream.fileno(), "w", closefd=False)
        lasting = io.TextIOWrapper(
            raw if stream.write_through else io.BufferedWriter(raw),
            encoding=stream.encoding,
            errors=stream.errors,
            line_buffering=stream.line_buffering,
            write_through=stream.write_through,
        )
        setattr(sys, name, lasting)


def _raw(stream):
    return getattr(stream.buffer, "raw", stream.buffer)
