"""What is to be told to MLflow, on disk until it has been told: one JSON object a line.

A journal's first line is its header, the others are records and, in between,
how far they have been delivered and to which run. It is appended to only, and
each line is forced to the disk, so that it outlives the process.
"""

import collections
import contextlib
import errno
import json
import os
import pathlib
import threading
import time

FOLDER = "mlflow-spool"
SUFFIX = ".jsonl"
PATIENCE = 10.0  # seconds that a run waits for one who holds its journal


class Journal:
    """The records of one run; :func:`create` or :func:`open_journal` makes it.

    It is locked as long as it is open; the system frees the lock of a process
    that is no more.

    Args:
        path: the file.
        file: the same, open for appending in binary and locked.
        lines: what is in it, parsed.

    Attributes:
        header: {name: value} that describes the run.
        run_id: MLflow's name of the run, ``None`` as long as there is none.
    """

    def __init__(self, path, file, lines):
        self.path = path
        self.header = lines[0] if lines else {}
        self.run_id = None
        self._file = file
        self._lock = threading.RLock()
        self._records = collections.deque()
        self._next = 0
        for line in lines[1:]:
            if "delivered" in line:
                self._drop(line["delivered"], line["run_id"])
            else:
                self._records.append(line)
                self._next = line["n"] + 1

    @property
    def ended(self):
        """Whether the last record closes the run."""
        with self._lock:
            return bool(self._records) and "end" in self._records[-1]

    def append(self, record):
        """Append a record.

        Raises:
            OSError: it is not on the disk; it is kept in memory.
        """
        with self._lock:
            record = dict(record, n=self._next)
            self._next += 1
            self._records.append(record)
            self._write(record)

    def take_up(self, tags):
        """Have the run found again and go on, with the tags of the process that it is now of."""
        with self._lock:
            self.header = dict(self.header, tags=tags)
            self.run_id = None

    def pending(self):
        """Return the records that have not been delivered, each with its number ``n``."""
        with self._lock:
            return list(self._records)

    def delivered(self, number, run_id):
        """Note that the records up to this number are with a run of MLflow's."""
        with self._lock:
            self._drop(number, run_id)
            # Without this line they are sent once more, which changes nothing.
            with contextlib.suppress(OSError):
                self._write({"delivered": number, "run_id": run_id})

    def close(self):
        """Leave the file to others, and remove it if nothing in it is left to deliver."""
        with self._lock:
            if self._file.closed:
                return
            if self.run_id is not None and not self._records:
                with contextlib.suppress(OSError):
                    self.path.unlink()
            self._file.close()

    def discard(self):
        """Remove the file, whatever is in it."""
        with self._lock:
            with contextlib.suppress(OSError):
                self.path.unlink()
            self._file.close()

    def relative(self, path):
        """Return a path as a record keeps it: the folder of the journals may be moved."""
        path = pathlib.Path(os.path.abspath(str(path)))
        with contextlib.suppress(ValueError):
            path = path.relative_to(self._home)
        return str(path)

    def absolute(self, text):
        """Return the path that a record keeps."""
        return self._home / text

    @property
    def _home(self):
        return pathlib.Path(os.path.abspath(str(self.path))).parent.parent

    def _drop(self, number, run_id):
        self.run_id = run_id
        while self._records and self._records[0]["n"] <= number:
            self._records.popleft()

    def _write(self, line):
        data = json.dumps(line, ensure_ascii=False, separators=(",", ":")).encode("utf-8")
        # A line that a crash or a full disk has cut must not swallow this one.
        data = b"\n" + data + b"\n"
        if self._file.write(data) != len(data):
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(self.path))
        os.fsync(self._file.fileno())


def create(folder, key, header):
    """Return the :class:`Journal` of a new run, or of one that goes on.

    Args:
        folder: of all journals; it is created.
        key: the run's name among them.
        header: {name: value} that describes the run.

    Raises:
        OSError: it cannot be written, or is in use.
    """
    folder = pathlib.Path(str(folder))
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / (key + SUFFIX)
    # Another process may hold it for a moment, to see whether it was left behind.
    file = _locked(path, os.O_CREAT, PATIENCE)
    lines = _lines(path)
    journal = Journal(path, file, lines or [header])
    if not lines:
        journal._write(header)
    return journal


def open_journal(path):
    """Return a :class:`Journal` left behind, ``None`` where a process is at work on it.

    Raises:
        OSError: it cannot be read or written.
    """
    try:
        file = _locked(path)
    except (BlockingIOError, FileNotFoundError):  # the latter: delivered in the meantime
        return None
    lines = _lines(path)
    if lines:
        return Journal(path, file, lines)
    file.close()
    return None


def left_behind(folder):
    """Return the paths of the journals in a folder, the oldest first."""
    found = []
    for path in pathlib.Path(str(folder)).glob("*" + SUFFIX):
        with contextlib.suppress(OSError):
            found.append((path.stat().st_mtime, path))
    return [path for _, path in sorted(found)]


def _locked(path, flags=0, patience=0.0):
    """Return a file, opened for appending and locked; not one that its holder has just removed.

    Raises:
        BlockingIOError: another process holds it for longer than ``patience`` seconds.
    """
    import fcntl

    deadline = time.monotonic() + patience
    while True:
        descriptor = os.open(str(path), os.O_WRONLY | os.O_APPEND | flags, 0o666)
        file = os.fdopen(descriptor, "ab", 0)
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() >= deadline:
                file.close()
                raise
        except OSError:
            return file  # a file system without locks: whoever delivers twice changes nothing
        else:
            if _is_at(path, file):
                return file
        file.close()
        time.sleep(0.02)


def _is_at(path, file):
    with contextlib.suppress(OSError):
        return os.path.samestat(os.stat(str(path)), os.fstat(file.fileno()))
    return False


def _lines(path):
    """Return a file's lines that are whole."""
    lines = []
    for text in path.read_bytes().split(b"\n"):
        with contextlib.suppress(ValueError):
            line = json.loads(text.decode("utf-8")) if text else None
            if isinstance(line, dict):
                lines.append(line)
    return lines
