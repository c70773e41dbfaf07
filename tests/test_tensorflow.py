"""How TensorFlow is imported."""

import gc
import subprocess
import sys

import pytest

from dmsp.importing import uncollected
from dmsp.tensorflow import TENSORFLOW_2


def printed(code):
    """Return the words that code prints in a process of its own."""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return done.stdout.split()


@pytest.mark.skipif(not TENSORFLOW_2, reason="TensorFlow 1.15 brings no Keras beside it")
def test_keras_is_imported_only_for_who_asks_for_it():
    code = (
        "import sys\n"
        "from dmsp.tensorflow import tf\n"
        "print([name for name in sys.modules if name.split('.')[0] in ('keras', 'matplotlib')])\n"
        "print(tf.keras.Model.__name__)"
    )
    assert printed(code) == ["[]", "Model"]


def test_a_search_for_garbage_leaves_out_tensorflow_and_finds_what_came_later():
    code = (
        "import gc, weakref\n"
        "from dmsp.tensorflow import tf\n"
        "kept = len(gc.get_objects())\n"
        "graph = tf.Graph()\n"
        "graph.itself, seen = graph, weakref.ref(graph)\n"
        "del graph\n"
        "gc.collect()\n"
        "print(gc.get_freeze_count() > 20 * kept, seen() is None)"
    )
    assert printed(code) == ["True", "True"]


def test_garbage_is_collected_again_after_an_import_that_fails():
    gc.enable()
    with pytest.raises(ImportError), uncollected():
        assert not gc.isenabled()
        raise ImportError
    assert gc.isenabled()
