"""Passwords that a user gave in an address: used, but neither logged nor kept."""

import contextlib
import logging
import pathlib

from dmsp.files import whole
from dmsp.tracking import redact


def conceal():
    """Have all log records of this process written without credentials."""
    make = logging.getLogRecordFactory()
    if getattr(make, "conceals", False):
        return

    def concealing(*arguments, **options):
        record = make(*arguments, **options)
        with contextlib.suppress(Exception):  # a record that is wrong is told of by logging itself
            text = record.getMessage()
            if "://" in text:
                record.msg, record.args = redact(text), ()
        return record

    concealing.conceals = True
    logging.setLogRecordFactory(concealing)


def clean(sweep):
    """Take credentials out of the file that Hydra has written for a sweep, if it has.

    Args:
        sweep: its folder.
    """
    path = pathlib.Path(str(sweep)) / "multirun.yaml"
    with contextlib.suppress(OSError):
        text = path.read_text(encoding="utf-8")
        if redact(text) != text:
            with whole(path) as part, open(part, "w", encoding="utf-8") as file:
                file.write(redact(text))
