"""Ending on request: a signal becomes an exception, so that what is open gets closed."""

import contextlib
import signal
import threading

# SIGHUP is what a lost terminal sends.
SIGNALS = ("SIGINT", "SIGTERM", "SIGHUP")


DELAY = 0.05  # seconds until a signal that was lost comes again


class Killed(KeyboardInterrupt):
    """The process was asked to end, as Ctrl-C asks it.

    A signal may come while a finalizer runs, where Python drops every exception:
    one that is dropped before :func:`killable` has seen it is raised once more.
    """

    number = None  # of the signal that raised it
    seen = False

    def __del__(self):
        if self.number is not None and not self.seen:
            # Not from here, where it would be dropped again. At the interpreter's end there may be
            # nothing left to do it with.
            with contextlib.suppress(Exception):
                again = threading.Timer(DELAY, _again, [self.number])
                again.daemon = True
                if signal.getsignal(self.number) is _closing(self.number):
                    signal.signal(self.number, _raise)
                again.start()


def interruption(error):
    """Return the :class:`KeyboardInterrupt` that an exception is or comes from, else ``None``.

    One that a signal raises while C code calls Python arrives as the cause of a
    :class:`SystemError`, that of a result "with an error set".
    """
    while error is not None and not isinstance(error, KeyboardInterrupt):
        error = error.__cause__
    return error


@contextlib.contextmanager
def killable():
    """Raise :class:`Killed` in the block when SIGINT, SIGTERM or SIGHUP arrives.

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
    except Killed as error:
        error.seen = True
        raise
    finally:
        for number, handler in previous.items():
            signal.signal(number, signal.SIG_DFL if handler is None else handler)


def _raise(number, frame):
    signal.signal(number, _closing(number))
    raise _killed(number)  # no variable holds it here, so that it goes where it is dropped


def _killed(number):
    text = () if number == signal.SIGINT else ("ended by " + signal.Signals(number).name,)
    error = Killed(*text)
    error.number = number
    return error


def _again(number):
    signal.pthread_kill(threading.main_thread().ident, number)


def _closing(number):
    """Return the handler while what is open gets closed.

    A second signal must not interrupt that; only who presses Ctrl-C again means it.
    """
    return signal.default_int_handler if number == signal.SIGINT else signal.SIG_IGN
