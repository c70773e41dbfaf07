"""Files that appear whole or not at all."""

import contextlib
import os


@contextlib.contextmanager
def whole(path):
    """Yield the name to write a file under; it gets its own at the end of a block that succeeds.

    Nothing is left of a block that fails.

    Args:
        path: of the file.
    """
    part = "{}.part".format(path)
    try:
        yield part
        os.replace(part, str(path))
    except BaseException:
        with contextlib.suppress(OSError):
            os.remove(part)
        raise
