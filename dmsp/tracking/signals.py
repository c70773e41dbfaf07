"""Ending on request: a signal becomes an exception, so that what is open gets closed."""

import contextlib
import signal
import threading

# SIGHUP is what a lost terminal sends.
SIGNALS = ("SIGTERM", "SIGHUP")


class Killed(KeyboardInterrupt):
    """The process was asked to end, as Ctrl-C asks it."""


@contextlib.contextmanager
def killable():
    """Raise :class:`Killed` in the block when SIGTERM or SIGHUP arrives.

    The handlers of before come back at the end. A signal that is ignored, as
    SIGHUP under nohup, stays so. Outside the main thread, where Python allows
    no handlers, the block just runs.
    """
    previous = {}
    if threading.current_thread() is threading.main_thread():
        for number in (getattr(signal, name) for name in SIGNALS if hasattr(signal, name)):
            if signal.getsignal(number) is not signal.SIG_IGN:
                previous[number] = signal.signal(number, _raise)
    try:
        yield
    finally:
        for number, handler in previous.items():
            signal.signal(number, signal.SIG_DFL if handler is None else handler)


def _raise(number, frame):
    # A second one must not interrupt the closing that the first one started.
    signal.signal(number, signal.SIG_IGN)
    raise Killed("ended by {}".format(signal.Signals(number).name))
