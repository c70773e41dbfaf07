"""TensorFlow, imported in one place: graph mode, quick settings, no chatter."""

import contextlib
import os
import sys
import tempfile

# TensorFlow reads these when it is first imported.
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "1")


@contextlib.contextmanager
def _quiet():
    """Hold back what native code writes to standard error; show it if the block fails.

    TensorFlow greets every process with notes on its build before its own log
    level takes effect.
    """
    sys.stderr.flush()
    keep = os.dup(2)
    with tempfile.TemporaryFile() as held:
        os.dup2(held.fileno(), 2)
        try:
            yield
        except BaseException:
            held.seek(0)
            os.write(keep, held.read())
            raise
        finally:
            os.dup2(keep, 2)
            os.close(keep)


with _quiet():
    import tensorflow.compat.v1 as tf
    from tensorflow.core.framework import types_pb2

tf.logging.set_verbosity(tf.logging.ERROR)
tf.disable_v2_behavior()

DATA_TYPES = types_pb2.DataType  # names of types by the numbers that graphs hold
LOG_LEVEL = os.environ["TF_CPP_MIN_LOG_LEVEL"]  # later changes have no effect
TENSORFLOW_2 = int(tf.__version__.split(".")[0]) >= 2
