"""What is done, a line for each picture, so that a run that was killed can be continued."""

import json
import pathlib


class Journal:
    """Records in a file of JSON lines; each counts once its line is complete.

    Args:
        path: of the file; its folder is made.
        resume: keep the records that are there instead of starting anew.

    Attributes:
        records: those that were kept.
    """

    def __init__(self, path, resume=False):
        self._path = pathlib.Path(str(path))
        self._path.parent.mkdir(parents=True, exist_ok=True)
        self.records = self._complete() if resume and self._path.exists() else []
        with open(str(self._path), "w", encoding="utf-8") as file:
            file.writelines(_line(record) for record in self.records)

    def append(self, record):
        """Write a record down."""
        with open(str(self._path), "a", encoding="utf-8") as file:
            file.write(_line(record))

    def _complete(self):
        records = []
        for line in self._path.read_text(encoding="utf-8", errors="replace").splitlines(True):
            try:
                records.append(json.loads(line))
            except ValueError:
                break  # the process was killed in the middle of this one
        return records


def _line(record):
    return json.dumps(record, default=float) + "\n"
