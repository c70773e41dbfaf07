"""Importing what is large."""

import contextlib
import gc


@contextlib.contextmanager
def uncollected():
    """Keep Python from looking for garbage: there is none while a large package is imported.

    It would look through all objects there are again and again, a tenth of the time.
    """
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            gc.enable()
