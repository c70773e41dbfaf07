"""PyTorch's checkpoints as named arrays, without PyTorch."""

import contextlib
import zipfile

from dmsp.denoisers.checkpoints import pickled, safetensors
from dmsp.errors import UserError

FORMATS = "expected a PyTorch checkpoint (.pth, .pt) or a .safetensors file"


def read(path):
    """Return the tensors in a checkpoint, {name: array}; nothing in the file is run.

    The file's content tells its format, not its name.

    Args:
        path: a ``.pth`` of PyTorch from before or after its version 1.6, or a
            ``.safetensors``.

    Raises:
        UserError: the file is missing, damaged or something else, or would run
            code on loading.
    """
    try:
        with open(path, "rb") as stream, _told(path):
            head = stream.read(9)
            stream.seek(0)
            # First, as the length of its header may begin with any byte.
            if head[4:] == b"\0\0\0\0{":
                return safetensors.read(stream)
            if head.startswith(b"PK"):
                return pickled.read_archive(path, stream)
            if head.startswith(b"\x80"):
                return pickled.read_stream(path, stream)
    except OSError as error:
        raise UserError("weights {}: {}".format(path, error.strerror or error)) from error
    raise UserError(
        "weights {}: {}, found {}".format(
            path, FORMATS, "something else" if head else "an empty file"
        )
    )


@contextlib.contextmanager
def _told(path):
    """Turn whatever a damaged file leads a reader to into one line."""
    try:
        yield
    except (UserError, OSError):
        raise
    except zipfile.BadZipFile as error:
        raise _damaged(path, error) from error
    except Exception as error:  # Unpickling, NumPy and JSON each raise their own.
        raise _damaged(path, error) from error


def _damaged(path, error):
    reason = str(error).splitlines()[0] if str(error) else type(error).__name__
    return UserError("weights {}: {}, found a damaged one ({})".format(path, FORMATS, reason))
