"""The course of one picture's restoration, and when to stop it."""

DONE, CONVERGED, DIVERGED = "done", "converged", "diverged"


class History:
    """Rows of figures by iteration, and the verdict on them.

    A picture diverges when a figure is not finite, when the residual grows
    past twice its first value and past :data:`BOUND`, or when it jumps about, as
    iterates do that are clipped: :data:`PATIENCE` iterations in a row that change it by
    more than :data:`LEAP` and leave more than twice the lowest residual so far.

    Args:
        tolerance: root mean square change in grey levels below which a picture
            has converged; 0 never.
    """

    # The residual of a flat grey estimate of a contrasted picture, in grey levels.
    BOUND = 64.0
    LEAP, PATIENCE = 16.0, 5  # root mean square in grey levels, iterations

    def __init__(self, tolerance=0.0):
        self.rows = []
        self.status = DONE
        self._tolerance = tolerance
        self._limit = self.BOUND
        self._lowest = float("inf")
        self._leaps = 0

    @property
    def stopped(self):
        """Whether the picture needs no further iteration."""
        return self.status != DONE

    @property
    def diverged(self):
        """Whether the picture's last iterate is not to be used."""
        return self.status.startswith(DIVERGED)

    def begin(self, figures):
        """Take note of the first estimate's figures."""
        self._lowest = float(figures["residual"])
        self._limit = max(self.BOUND, 2.0 * self._lowest)

    def add(self, iteration, figures, milliseconds):
        """Append the figures of an iteration and judge them."""
        if self.stopped:
            return
        row = {"iteration": iteration, "ms": milliseconds}
        row.update((name, float(value)) for name, value in figures.items())
        self.rows.append(row)
        residual, step = row["residual"], row["step"]
        if not (residual < float("inf") and step < float("inf")):
            self.status = "{} at iteration {}: not finite".format(DIVERGED, iteration)
            return
        self._lowest = min(self._lowest, residual)
        leaps = step > self.LEAP and residual > 2.0 * self._lowest
        self._leaps = self._leaps + 1 if leaps else 0
        if residual > self._limit or self._leaps == self.PATIENCE:
            self.status = "{} at iteration {}: residual {:.0f} grey levels".format(
                DIVERGED, iteration, residual
            )
        elif step < self._tolerance:
            self.status = "{} at iteration {}".format(CONVERGED, iteration)
