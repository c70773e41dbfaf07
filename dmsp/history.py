"""The course of one picture's restoration, and when to stop it."""

DONE, CONVERGED, DIVERGED = "done", "converged", "diverged"


class History:
    """Rows of figures by iteration, and the verdict on them.

    A picture diverges when a figure is not finite, or when the residual grows
    past twice its first value and past :data:`BOUND`.

    Args:
        tolerance: root mean square change in grey levels below which a picture
            has converged; 0 never.
    """

    # The residual of a flat grey estimate of a contrasted picture, in grey levels.
    BOUND = 64.0

    def __init__(self, tolerance=0.0):
        self.rows = []
        self.status = DONE
        self._tolerance = tolerance
        self._limit = self.BOUND

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
        self._limit = max(self.BOUND, 2.0 * float(figures["residual"]))

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
        elif residual > self._limit:
            self.status = "{} at iteration {}: residual {:.0f} grey levels".format(
                DIVERGED, iteration, residual
            )
        elif step < self._tolerance:
            self.status = "{} at iteration {}".format(CONVERGED, iteration)
