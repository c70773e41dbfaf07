"""A thread that delivers a run's records while the run goes on, and tries again when it must."""

import logging
import pathlib
import threading
import time

from dmsp.tracking import sync

log = logging.getLogger(__name__)

PAUSE, LONGEST_PAUSE = 1.0, 30.0  # seconds until a store that is away is tried again
# Seconds that the end of a run waits for an answer. A store that is away is found out sooner, by
# MLflow's own limits; one that is only slow, as all are on a busy machine, must not be given up.
PATIENCE_AT_END = 90.0
TIME_FOR_OTHERS = 60.0  # seconds that it takes to deliver what earlier runs have left


class Courier(threading.Thread):
    """Delivers a journal; at the end also what earlier runs have left.

    Args:
        delivery: :class:`dmsp.tracking.delivery.Delivery`.
        away: whether the store is known not to answer.
    """

    def __init__(self, delivery, away):
        super().__init__(name="dmsp tracking", daemon=True)
        self._delivery = delivery
        self._away = away
        self._pause = PAUSE
        self._news = threading.Event()
        self._closing = threading.Event()
        self._steps = 0

    def wake(self):
        """Have the journal looked at."""
        self._news.set()

    def finish(self):
        """Deliver the rest, for as long as the store answers; return whether all is delivered.

        What is given up here is still delivered if the process lives long enough.
        """
        self._closing.set()
        self._news.set()
        before = None
        while self.is_alive() and before != self._progress():
            before = self._progress()
            self.join(PATIENCE_AT_END)
        return not self._delivery.journal.pending()

    def run(self):
        try:
            delivered = self._deliver()
        finally:
            self._delivery.journal.close()
        if delivered:
            self._quietly(self._deliver_for_others)

    def _deliver(self):
        """Deliver until the run's end; return whether all is delivered."""
        if not self._away:
            self._quietly(sync.mark_stale, self._delivery)
        while not self._closing.is_set():
            self._news.wait()
            self._news.clear()
            if not self._attempt():
                self._closing.wait(self._pause)
                self._pause = min(2 * self._pause, LONGEST_PAUSE)
                self._news.set()
        return self._attempt()

    def _attempt(self):
        try:
            self._delivery.send()
        except Exception as error:  # whatever the store's library raises
            if not self._away:
                log.warning(
                    "%s; the run goes on, and its records are kept",
                    self._delivery.store.explain(error),
                )
            self._away = True
            return False
        self._away, self._pause = False, PAUSE
        return True

    def _deliver_for_others(self):
        deadline = time.monotonic() + TIME_FOR_OTHERS
        folder = pathlib.Path(str(self._delivery.journal.path)).parent
        for _ in sync.deliver_left_behind(folder, self._delivery.store):
            self._steps += 1
            if time.monotonic() > deadline:
                break

    def _quietly(self, function, *arguments):
        """What is done for other runs must not disturb this one: it can be done another time."""
        try:
            function(*arguments)
        except Exception as error:
            log.info("tracking: %s", self._delivery.store.explain(error))

    def _progress(self):
        return self._delivery.calls + self._steps
