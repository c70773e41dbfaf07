"""Which process a run belongs to, and whether it is still there."""

import contextlib
import os
import socket


def identity():
    """Return the tags that tell this process from all others: {``host``: …, ``process``: …}."""
    return {"host": socket.gethostname(), "process": _name(os.getpid())}


def is_gone(tags):
    """Return whether the process that set these tags ran on this machine and has ended."""
    if tags.get("host") != socket.gethostname() or "process" not in tags:
        return False
    name = tags["process"]
    pid, _, rest = name.partition(" ")
    # Another container may have the same host name: its processes are out of sight.
    if not pid.isdigit() or rest.partition(" ")[0] != _space():
        return False
    return _name(int(pid)) != name


def _name(pid):
    """Return a process's number, its space of numbers, and its start, all as one text."""
    return "{} {} {}".format(pid, _space(), _start(pid))


def _space():
    """Return what processes that see one another have in common."""
    with contextlib.suppress(OSError):
        return os.readlink("/proc/self/ns/pid")
    return "-"


def _start(pid):
    """Return when a process started, in the system's own ticks since its boot."""
    with contextlib.suppress(OSError):
        with open("/proc/{}/stat".format(pid), encoding="utf-8", errors="replace") as file:
            # After the program's name in parentheses, which may hold anything.
            fields = file.read().rpartition(")")[2].split()
        if fields[0] not in "ZX":
            return fields[19]
    return "alive" if not os.path.exists("/proc/self") and _exists(pid) else "gone"


def _exists(pid):
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except OSError:
        pass  # another user's
    return True
