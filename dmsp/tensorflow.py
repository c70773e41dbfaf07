"""TensorFlow, imported in one place: graph mode, quick settings, no chatter."""

import contextlib
import gc
import os
import sys
import tempfile

from dmsp.importing import uncollected

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


@contextlib.contextmanager
def _without_keras():
    """Keep TensorFlow 2 from importing all of Keras beside it, which takes as long as itself.

    It does so for models of Keras in files; who asks for ``tf.keras`` still gets it later.
    """
    hidden = "keras.src" not in sys.modules
    if hidden:
        sys.modules["keras.src"] = None  # what Python finds so, it does not import
    try:
        yield
    finally:
        if hidden:
            del sys.modules["keras.src"]


with _quiet(), uncollected(), _without_keras():
    import tensorflow.compat.v1 as tf
    from tensorflow.core.framework import types_pb2

# Its half a million objects stay as long as the process; no search for garbage need see them.
gc.freeze()

tf.logging.set_verbosity(tf.logging.ERROR)
tf.disable_v2_behavior()

DATA_TYPES = types_pb2.DataType  # names of types by the numbers that graphs hold
LOG_LEVEL = os.environ["TF_CPP_MIN_LOG_LEVEL"]  # later changes have no effect
TENSORFLOW_2 = int(tf.__version__.split(".")[0]) >= 2
