"""Ending on request."""

import os
import signal
import threading
import time

import pytest

from dmsp import tracking
from tests.tracking.stores import check, execute


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_signals_become_an_exception_and_handlers_come_back(number):
    def handler(number, frame):
        pass

    before = signal.signal(number, handler)
    try:
        with pytest.raises(tracking.Killed, match=number.name), tracking.killable():
            os.kill(os.getpid(), number)
            time.sleep(5)
        assert signal.getsignal(number) is handler
    finally:
        signal.signal(number, before)


DROPPED = """
import os, signal, sys, time
from dmsp import tracking
class Finalized:
    def __del__(self):
        os.kill(os.getpid(), int(sys.argv[1]))
        time.sleep(0.1)
try:
    with tracking.killable():
        Finalized()
        time.sleep(20)
except tracking.Killed:
    print("ended")
"""


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_that_comes_in_a_finalizer_is_not_lost(number):
    start = time.time()
    assert check(execute(DROPPED, int(number))).splitlines()[-1] == "ended"
    assert time.time() - start < 15


def test_ignored_signal_stays_ignored():
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        with tracking.killable():
            os.kill(os.getpid(), signal.SIGHUP)
            time.sleep(0.05)
    finally:
        signal.signal(signal.SIGHUP, before)


def test_signals_are_left_alone_outside_the_main_thread():
    ran = []

    def body():
        with tracking.killable():
            ran.append(True)

    thread = threading.Thread(target=body)
    thread.start()
    thread.join()
    assert ran
