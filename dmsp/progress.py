"""What is shown while a run goes on: a live bar on a terminal, a few lines elsewhere."""

import contextlib
import sys
import time

LINES = 20  # of progress where the output is no terminal, at most
NAME_LENGTH = 24  # of what is shown of a picture's name beside the bar
SECONDS_BETWEEN_LINES = 30.0


@contextlib.contextmanager
def display(total_pictures, num_iter, file=None, done=0):
    """Show how far a restoration is; yields a :class:`Restoring`.

    Args:
        total_pictures: how many there are to do.
        num_iter: iterations of each.
        file: where to, standard output if not given.
        done: how many of them an earlier process has done.
    """
    with _screen(total_pictures * num_iter, file) as screen:
        yield Restoring(screen, total_pictures, num_iter, done)


@contextlib.contextmanager
def steps(total, file=None):
    """Show how far a training is; yields a :class:`Training`.

    Args:
        total: how many steps there are.
        file: where to, standard output if not given.
    """
    with _screen(total, file) as screen:
        yield Training(screen, total)


class Restoring:
    """The display of a restoration: pictures done, iteration, dB, time left."""

    def __init__(self, screen, total_pictures, num_iter, done=0):
        self._screen = screen
        self._total = total_pictures
        self._num_iter = num_iter
        self._done = done
        self._names = []
        self._stride = max(1, -(-total_pictures // LINES))
        self._screen.show(done * num_iter, self._title())

    def start(self, names):
        """Begin a batch of pictures."""
        self._names = list(names)
        self._screen.show(self._done * self._num_iter, self._title())

    def iteration(self, k, psnr=None):
        """Show that a batch is at iteration k, and its mean PSNR in dB where it is known."""
        figure = "" if psnr is None else "{:.2f} dB".format(psnr)
        done = self._done * self._num_iter + k * len(self._names)
        self._screen.show(
            done, self._title(), "iteration {}/{}  {}".format(k, self._num_iter, figure)
        )

    def turn(self, k, turns):
        """Show which restoration an unknown kernel is at."""
        text = "kernel {}/{}".format(k, turns)
        self._screen.show(self._done * self._num_iter, self._title(), text)

    def finish(self, names, text=""):
        """Count pictures as done, with a text on them; also those that had to be skipped."""
        before = self._done
        self._done += len(names)
        self._names = [name for name in self._names if name not in names]
        self._screen.show(self._done * self._num_iter, self._title())
        if self._done // self._stride > before // self._stride or self._done >= self._total:
            line = "{}/{} {}".format(self._done, self._total, ", ".join(names))
            self._screen.line("{}: {}".format(line, text) if text else line)

    def note(self, text):
        """Write a line for the user."""
        self._screen.note(text)

    def _title(self):
        if not self._names:
            return "{}/{} pictures".format(self._done, self._total)
        name = self._names[0]
        if len(name) > NAME_LENGTH:
            name = name[: NAME_LENGTH - 1] + "…"
        more = "  +{}".format(len(self._names) - 1) if len(self._names) > 1 else ""
        return "{}/{}  {}{}".format(self._done, self._total, name, more)


class Training:
    """The display of a training: steps, figures, time left."""

    def __init__(self, screen, total):
        self._screen = screen
        self._total = total
        self._last = None
        self._screen.show(0, "0/{} steps".format(total))

    def step(self, step, metrics):
        """Show the figures at a step, {name: number}; ``seconds_left`` among them is shown so."""
        text = "  ".join(
            "{} {:.4g}".format(name, value)
            for name, value in metrics.items()
            if name != "seconds_left"
        )
        left = metrics.get("seconds_left")
        self._screen.show(step, "{}/{} steps".format(step, self._total), text)
        now = time.monotonic()
        due = self._last is None or now - self._last >= SECONDS_BETWEEN_LINES
        if due or step >= self._total:
            self._last = now
            tail = "" if left is None else "  {} left".format(duration(left))
            self._screen.line("step {}/{}  {}{}".format(step, self._total, text, tail))

    def note(self, text):
        """Write a line for the user."""
        self._screen.note(text)


def duration(seconds):
    """Return a time as ``h:mm:ss`` or ``m:ss``."""
    minutes, seconds = divmod(int(round(seconds)), 60)
    hours, minutes = divmod(minutes, 60)
    if hours:
        return "{}:{:02d}:{:02d}".format(hours, minutes, seconds)
    return "{}:{:02d}".format(minutes, seconds)


@contextlib.contextmanager
def _screen(total, file):
    file = sys.stdout if file is None else file
    if not file.isatty():
        yield _Plain(file)
        return
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (
        TextColumn("{task.description}", markup=False),
        BarColumn(bar_width=28),
        TextColumn("{task.fields[figures]}", markup=False),
        TimeRemainingColumn(),
    )
    console = Console(file=file)
    with Progress(*columns, console=console, transient=True, refresh_per_second=4) as progress:
        yield _Live(progress, progress.add_task("", total=total, figures=""))


class _Live:
    """A bar at the foot of a terminal; lines scroll above it."""

    def __init__(self, progress, task):
        self._progress = progress
        self._task = task

    def show(self, completed, title, figures=""):
        self._progress.update(self._task, completed=completed, description=title, figures=figures)

    def line(self, text):
        self._progress.console.print(text, markup=False, highlight=False)

    def note(self, text):
        self._progress.console.print(text, markup=False, highlight=False, style="yellow")


class _Plain:
    """Lines only."""

    def __init__(self, file):
        self._file = file

    def show(self, completed, title, figures=""):
        """A file keeps no bar."""

    def line(self, text):
        print(text, file=self._file, flush=True)

    note = line
