"""The files of a run, written as soon as there is something to write."""

import contextlib
import csv
import pathlib
from collections.abc import Mapping
from typing import Any, List, NamedTuple, Optional

from dmsp import kernels
from dmsp.errors import UserError
from dmsp.files import RECORDS
from dmsp.images import Form, save, write_png
from dmsp.reports import summary as summaries
from dmsp.reports.courses import FIGURES, Courses
from dmsp.reports.journal import Journal

RESULTS = "results.csv"
ITERATIONS = "iterations.csv"
# Where the files of pictures go; the last is made once a kernel was estimated.
PICTURE_FOLDERS = RESTORED, STRIPS, KERNELS = "restored", "strips", "kernels"
# No times here: two runs of one command leave the same file.
RESULT_COLUMNS = (
    "name",
    "psnr",
    "ssim",
    "psnr_baseline",
    "status",
    "iterations",
    "note",
    "height",
    "width",
    "noise_used",
)
ITERATION_COLUMNS = ("name", "iteration", "psnr", "ssim", "residual", "step", "noise", "ms")


class PictureResult(NamedTuple):
    """One restored picture and its figures.

    Attributes:
        name: unique in the run; its files are called so.
        restored: (H, W, 3), grey levels.
        degraded: the observation, (h, w, 3) or (h, w, 1), grey levels.
        truth: (H, W, 3), ``None`` where it is not known.
        kernel: blur kernel (rows, columns), ``None`` without one.
        estimated_kernel: what it was estimated to be, ``None`` where it was not.
        psnr: dB, ``None`` without truth.
        ssim: structural similarity, ``None`` without truth.
        psnr_baseline: dB of the simple method, ``None`` without truth.
        baseline: what that method is called, empty where it leaves the observation alone;
            without truth, how the observation shown was enlarged.
        note: what was converted on reading, if anything, and any doubt.
        doubt: a line on what may be wrong with it, empty for nothing.
        form: :class:`dmsp.images.Form` of the file that it is saved in.
        status: ``done``, ``converged at …`` or ``diverged at …: why``.
        iterations: a dict for each, with ``iteration``, ``ms``, ``psnr``, ``ssim``,
            ``residual``, ``step`` and ``noise`` as far as they are known.
        facts: ``seconds`` of the solver, ``seconds_first_call``, ``noise_told``, ``noise_used``,
            ``network_share``, ``metric_protocol``, as far as they are known.
    """

    name: str
    restored: Any
    degraded: Any
    truth: Any = None
    kernel: Any = None
    estimated_kernel: Any = None
    psnr: Optional[float] = None
    ssim: Optional[float] = None
    psnr_baseline: Optional[float] = None
    baseline: str = ""
    note: str = ""
    doubt: str = ""
    form: Form = Form()
    status: str = "done"
    iterations: List[dict] = []
    facts: Mapping = {}


class Results:
    """The run's files in a folder: tables, pictures, strips, convergence plot and summary.

    Args:
        folder: where they go; it is created.
        resume: keep the pictures that are done there, as their journal says.

    Raises:
        UserError: here and in all methods, the folder cannot be written.
    """

    def __init__(self, folder, resume=False):
        self.folder = pathlib.Path(str(folder))
        self.rows = []
        self.courses = Courses()
        self._names = set()
        self._facts = []
        self._milliseconds = []
        with self._writing():
            for name in (RESTORED, STRIPS):
                (self.folder / name).mkdir(parents=True, exist_ok=True)
            self._journal = Journal(self.folder / RECORDS / "pictures.jsonl", resume)
            self._write(RESULTS, [RESULT_COLUMNS], "w")
            self._write(ITERATIONS, [ITERATION_COLUMNS], "w")
            for record in self._journal.records:
                self._append(**record)

    def has(self, name):
        """Whether a picture is done already."""
        return name in self._names

    def add(self, result):
        """Write a picture's file, strip and rows.

        Args:
            result: :class:`PictureResult`.
        """
        from dmsp.reports.strip import strip

        height, width = result.restored.shape[:2]
        made = result.iterations[-1]["iteration"] if result.iterations else 0
        row = dict(result._asdict(), height=height, width=width, iterations=made)
        row["noise_used"] = result.facts.get("noise_used")
        with self._writing():
            save(self.folder / RESTORED / result.name, result.restored, result.form)
            write_png(self.folder / STRIPS / (result.name + ".png"), strip(result))
            if result.estimated_kernel is not None:
                (self.folder / KERNELS).mkdir(exist_ok=True)
                kernels.save(self.folder / KERNELS / result.name, result.estimated_kernel)
            self._note(row, result.iterations, dict(result.facts))

    def skip(self, name, reason):
        """Write the row of a picture that could not be read."""
        with self._writing():
            self._note({"name": name, "status": "skipped: {}".format(reason)}, [], {})

    def history(self):
        """Return {``iteration/psnr`` …: [(iteration, mean over the pictures), …]}."""
        means = {"iteration/" + name: self.courses.mean(name) for name in FIGURES}
        return {name: points for name, points in means.items() if points}

    def finish(self, facts):
        """Write ``summary.json`` and the convergence plot; return the summary.

        Args:
            facts: what the summary holds beside the means over the pictures; ``status``
                says how a run ended that was cut short.
        """
        from dmsp.reports.convergence import plot

        measured = summaries.measured(self._facts, self._milliseconds)
        summary = summaries.summarise(self.rows, dict(measured, **facts))
        with self._writing():
            summaries.write(self.folder / "summary.json", summary)
            plot(self.folder / "convergence.png", self.courses, summary["psnr_baseline"])
        return dict(summary, folder=str(self.folder))

    def _note(self, row, course, facts):
        """Write the rows of a picture whose files are there; the journal last, as it counts."""
        record = {
            "row": {column: row.get(column) for column in RESULT_COLUMNS},
            "course": [dict(iteration) for iteration in course],
            "facts": facts,
        }
        self.take(record)

    def take(self, record):
        """Add the rows of a picture as the journal of a run holds them."""
        self._append(**record)
        self._journal.append(record)

    def _append(self, row, course, facts):
        self.rows.append(row)
        self._names.add(row["name"])
        self.courses.add(course)
        self._facts.append(facts)
        self._milliseconds.extend(one["ms"] for one in course if one.get("ms") is not None)
        self._write(RESULTS, [[_cell(row.get(column)) for column in RESULT_COLUMNS]], "a")
        lines = [
            [row["name"]] + [_cell(iteration.get(column)) for column in ITERATION_COLUMNS[1:]]
            for iteration in course
        ]
        self._write(ITERATIONS, lines, "a")

    def _write(self, name, lines, mode):
        with open(str(self.folder / name), mode, newline="", encoding="utf-8") as file:
            csv.writer(file, lineterminator="\n").writerows(lines)

    @contextlib.contextmanager
    def _writing(self):
        try:
            yield
        except OSError as error:
            raise UserError(
                "{}: cannot be written ({}); what was written stays; free it, or give another "
                "folder with outputs=…".format(self.folder, error.strerror or error)
            ) from error


def _cell(value):
    """Return a figure with four decimals, anything else as it is."""
    return "{:.4f}".format(value) if hasattr(value, "__float__") and not _whole(value) else value


def _whole(value):
    return isinstance(value, int) or hasattr(value, "__index__")
