"""The memory of this machine, and what a restoration takes of it."""

import pathlib
import sys

PICTURE = 3 * 4  # bytes of a pixel, float32 RGB
# Measured as the peak of a process at 1 to 4 megapixels, fp32: so many pictures are alive at once
# in a restoration, more where conjugate gradients solve the data step (44 to 49 in all for
# task.boundary=valid, 60 for replicate), and so many of the network's widest features.
PICTURES, GRADIENTS, FEATURES = 45, 20, 5
# Of one that is restored in tiles, beside these: what is read, kept of it and written, and the
# same of the next and the last one.
HELD = 6
GROUPS = pathlib.Path("/sys/fs/cgroup")
MEMINFO = pathlib.Path("/proc/meminfo")


def needed(pixels, width, iterative):
    """Return the bytes that a restoration takes at its peak, about.

    Args:
        pixels: of all pictures together.
        width: features of the network for one pixel, 0 if it computes in tiles.
        iterative: whether conjugate gradients solve the data step.
    """
    pictures = PICTURES + GRADIENTS * iterative
    return int(pixels * (PICTURE * pictures + 4 * FEATURES * width))


def available():
    """Return the bytes that a process may take, ``None`` where that cannot be told."""
    groups = [
        (GROUPS / "memory.max", GROUPS / "memory.current", GROUPS / "memory.stat", "file"),
        (
            GROUPS / "memory" / "memory.limit_in_bytes",
            GROUPS / "memory" / "memory.usage_in_bytes",
            GROUPS / "memory" / "memory.stat",
            "total_cache",
        ),
    ]
    free = [_of_machine()] + [_of_group(*group) for group in groups]
    return min((size for size in free if size is not None), default=None)


def peak():
    """Return the bytes that this process had resident at most so far."""
    import resource  # POSIX only

    found = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return found if sys.platform == "darwin" else 1024 * found  # kilobytes on Linux


def _of_machine():
    try:
        return 1024 * _table(MEMINFO)["MemAvailable:"]
    except (OSError, KeyError, ValueError):
        return None


def _of_group(limit, used, stat, cache):
    """Return what a container has left; the cache of files gives way."""
    try:
        limit, used = (int(path.read_text()) for path in (limit, used))
        return max(0, limit - used + _table(stat).get(cache, 0))
    except (OSError, ValueError):  # no such group, or no limit
        return None


def _table(path):
    """Return {name: number} of a file with a name and a number in each line."""
    lines = (line.split() for line in path.read_text().splitlines())
    return {words[0]: int(words[1]) for words in lines if len(words) > 1}
