"""Work beside the solver."""

import threading
import time

import pytest

from dmsp import pipeline


def test_results_come_in_order_and_are_prepared_while_one_is_in_use():
    begun, second = [], threading.Event()

    def work(item):
        begun.append(item)
        if item == 1:
            second.set()
        return 10 * item

    results = pipeline.ahead(work, range(6), depth=1)
    assert next(results) == 0
    assert second.wait(5)
    time.sleep(0.05)
    assert begun == [0, 1]  # and not all of them
    assert list(results) == [10, 20, 30, 40, 50]


def test_an_error_comes_in_its_turn():
    def work(item):
        if item == 1:
            raise ValueError("one")
        return item

    results = pipeline.ahead(work, range(3))
    assert next(results) == 0
    with pytest.raises(ValueError, match="one"):
        next(results)


def test_nothing_is_prepared_after_the_end():
    begun = []
    results = pipeline.ahead(begun.append, range(100), depth=3)
    next(results)
    results.close()
    count = len(begun)
    time.sleep(0.05)
    assert len(begun) == count <= 5
    assert not [t for t in threading.enumerate() if t.name.startswith("ThreadPool")]


def test_afterwork_is_done_in_order_beside_the_block():
    done, go = [], threading.Event()

    def slow(item):
        go.wait(5)
        done.append(item)

    with pipeline.Afterwork(depth=3) as after:
        for item in range(3):
            after.do(slow, item)
        assert done == []
        go.set()
    assert done == [0, 1, 2]


def test_afterwork_waits_when_too_much_is_outstanding():
    inside = []

    def work():
        time.sleep(0.01)
        inside.append(len(inside))

    with pipeline.Afterwork(depth=1) as after:
        for count in range(5):
            after.do(work)
            assert len(inside) >= count - 1


def test_an_error_in_afterwork_reaches_the_block_and_nothing_is_lost():
    done, go = [], threading.Event()

    def fail():
        go.wait(5)
        raise OSError("full")

    with pytest.raises(OSError, match="full"), pipeline.Afterwork() as after:
        after.do(fail)
        after.do(done.append, 1)
        go.set()
    assert done == [1]
    go.clear()
    with pytest.raises(OSError, match="full"), pipeline.Afterwork() as after:
        after.do(fail)
        go.set()
        time.sleep(0.05)
        after.do(done.append, 2)
        done.append("not reached")
    assert done == [1, 2]


def test_what_was_handed_in_is_done_though_the_block_is_interrupted():
    done = []

    def slow(item):
        time.sleep(0.02)
        done.append(item)
        raise OSError("full")

    with pytest.raises(KeyboardInterrupt), pipeline.Afterwork() as after:
        after.do(slow, 1)
        after.do(slow, 2)
        raise KeyboardInterrupt
    assert done == [1, 2]
