"""Work beside the solver: what it needs next is prepared, what it made is put away."""

import collections
import contextlib
from concurrent.futures import ThreadPoolExecutor


def ahead(function, items, depth=1):
    """Yield ``function(item)`` for each item in order, computed in a thread beforehand.

    Args:
        function: of one item; what it raises is raised here in its turn.
        items: any iterable.
        depth: how many results wait at most while one is in use.
    """
    with contextlib.closing(_Thread(depth)) as thread:
        for item in items:
            if thread.full:
                yield thread.next()
            thread.submit(function, item)
        while thread.pending:
            yield thread.next()


class Afterwork:
    """Calls functions one after the other in a thread, for ``with``.

    The block's end waits for all of them, also where the block has failed: what
    was handed in gets done. What a function raises is raised by the next
    :meth:`do` or at the end, unless the block has failed by itself.

    Args:
        depth: how many calls wait at most; :meth:`do` waits beyond that.
    """

    def __init__(self, depth=2):
        self._thread = _Thread(depth)

    def __enter__(self):
        return self

    def __exit__(self, kind, error, traceback):
        failures = []
        with contextlib.closing(self._thread) as thread:
            while thread.pending:
                try:
                    thread.next()
                except Exception as failure:
                    failures.append(failure)
        if failures and error is None:
            raise failures[0]
        return False

    def do(self, function, *arguments):
        """Have ``function(*arguments)`` called."""
        self._thread.submit(function, *arguments)
        while self._thread.full or self._thread.ready:
            self._thread.next()


class _Thread:
    """A thread that computes what it is given, in order."""

    def __init__(self, depth):
        self.pending = collections.deque()
        self._depth = depth
        self._pool = ThreadPoolExecutor(max_workers=1)

    @property
    def full(self):
        return len(self.pending) > self._depth

    @property
    def ready(self):
        return bool(self.pending) and self.pending[0].done()

    def submit(self, function, *arguments):
        self.pending.append(self._pool.submit(function, *arguments))

    def next(self):
        """Return the oldest result, or raise what was raised instead of one."""
        return self.pending.popleft().result()

    def close(self):
        """Drop what has not begun, and end the thread."""
        for future in self.pending:
            future.cancel()
        self._pool.shutdown()
