"""The course of the restoration over the iterations, for all pictures in bounded memory."""

import collections
import math

FIGURES = ("psnr", "ssim", "residual", "ms")
# Pictures whose own courses are kept, to be drawn; of the others only the means.
KEPT = 100


class Courses:
    """Means over the pictures of what was measured at each iteration, and the first courses.

    A picture that stopped early counts with its last finite value from there
    on, but for the time, of which it needs no more.
    """

    def __init__(self):
        self._sums = {name: collections.defaultdict(_Sum) for name in FIGURES}
        self._ends = {name: collections.defaultdict(_Sum) for name in FIGURES}
        self._kept = []

    def add(self, iterations):
        """Add a picture's course, a dict for each iteration."""
        courses = {name: _points(iterations, name) for name in FIGURES}
        if len(self._kept) < KEPT:
            self._kept.append(courses)
        for name, points in courses.items():
            for iteration, value in points:
                self._sums[name][iteration].add(value)
            if points and name != "ms":
                self._ends[name][points[-1][0]].add(points[-1][1])

    def mean(self, name):
        """Return [(iteration, mean over the pictures), …] of a figure."""
        points, ended = [], _Sum()
        for iteration in sorted(self._sums[name]):
            here = self._sums[name][iteration]
            points.append((iteration, (here.total + ended.total) / (here.count + ended.count)))
            last = self._ends[name].get(iteration, _Sum())
            ended.total, ended.count = ended.total + last.total, ended.count + last.count
        return points

    def single(self, name):
        """Return the [(iteration, value), …] of single pictures, at most :data:`KEPT`."""
        return [courses[name] for courses in self._kept if courses[name]]


class _Sum:
    def __init__(self):
        self.total, self.count = 0.0, 0

    def add(self, value):
        self.total += value
        self.count += 1


def _points(iterations, name):
    """Return the (iteration, value) of a figure up to its last finite value.

    One that is not finite before is as it was in the iteration before.
    """
    points, waiting = [], []
    for row in iterations:
        value = row.get(name)
        if value is None or not math.isfinite(value):
            waiting.append(row["iteration"])
            continue
        if points and name != "ms":
            points.extend((iteration, points[-1][1]) for iteration in waiting)
        points.append((row["iteration"], float(value)))
        waiting = []
    return points
