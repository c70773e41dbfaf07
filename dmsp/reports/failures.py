"""The jobs of sweeps that left no figures, and why."""

import contextlib
import glob
import os
import pathlib

from dmsp.files import read_json

MOST = 20  # jobs of a sweep, each in a line


def lines(patterns, found, read):
    """Return {folder: line} for each job without figures of the sweeps that runs belong to.

    Args:
        patterns: folders or globs; sweeps that reach beyond them are left alone.
        found: folders of runs.
        read: those of them whose figures are known.
    """
    roots = [root for pattern in patterns for root in glob.glob(os.path.expanduser(str(pattern)))]
    roots = {pathlib.Path(root).resolve() for root in roots}
    told = {}
    for sweep in dict.fromkeys(folder.parent for folder in found):
        if roots & {sweep, *sweep.parents}:
            with contextlib.suppress(AttributeError, KeyError, TypeError):  # another's sweep.json
                told.update(_of_sweep(sweep, set(read)))
    return told


def _of_sweep(sweep, read):
    jobs = (read_json(sweep / "sweep.json") or {})["jobs"]
    common = set.intersection(*(set(job["overrides"]) for job in jobs))
    # The sweep may have been moved since, and what was never started has no folder.
    lost = {
        sweep / (os.path.basename(job["folder"]) or "{job} -".format(**job)): job for job in jobs
    }
    lost = {folder: job for folder, job in lost.items() if folder not in read}
    told = {}
    for folder, job in list(lost.items())[:MOST]:
        own = " ".join(text for text in job["overrides"] if text not in common)
        words = "job {}{}: {}".format(job["job"], own and ", " + own, job["status"])
        told[folder] = "left out: {}{}".format(words, job["reason"] and ": " + job["reason"])
    if len(lost) > MOST:
        more = "left out: {} more jobs; see {}"
        told[sweep] = more.format(len(lost) - MOST, sweep / "sweep.csv")
    return told
