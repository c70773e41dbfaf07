"""Folders of many pictures, of several shapes and some of them broken."""

import gc
import resource

import numpy as np
import pytest
from hydra import compose, initialize_config_dir
from PIL import Image
from test_run import launch, summaries

from dmsp.config import CONF
from dmsp.experiment import Experiment
from dmsp.tensorflow import tf

QUICK = ["data=folder", "task=denoise", "optimizer=hqs", "tracking=none"]


def fill(folder, count, shapes):
    """Write tiny pictures of shapes in turn."""
    folder.mkdir()
    for i in range(count):
        pixels = np.random.RandomState(i).randint(0, 256, shapes[i % len(shapes)] + (3,))
        Image.fromarray(pixels.astype(np.uint8)).save(str(folder / "{:05}.bmp".format(i)))
    return folder


def restored(folder, batch_size):
    """Return {name: (pixels, psnr)} of a folder restored in this process."""
    overrides = QUICK + ["num_iter=3", "data.path={}".format(folder)]
    with initialize_config_dir(str(CONF), version_base="1.3"):
        config = compose("config", overrides + ["batch_size={}".format(batch_size)])
    work = Experiment(config)
    try:
        return {
            result.name: (result.restored, result.psnr)
            for entries in work.batches
            for result in work.results(*work.restore(work.prepare(entries)))
        }
    finally:
        work.close()


def test_mixed_shapes_go_together_in_batches_that_change_no_result(tmp_path):
    folder = fill(tmp_path / "pictures", 7, [(24, 32), (32, 24), (24, 32)])
    (folder / "00003.bmp").write_text("broken")
    alone, together = restored(folder, 1), restored(folder, 4)
    assert sorted(alone) == sorted(together) and len(alone) == 6
    for name, (pixels, psnr) in alone.items():
        np.testing.assert_allclose(together[name][0], pixels, atol=1e-3)
        assert together[name][1] == pytest.approx(psnr, abs=1e-3)


def graphs():
    return sum(isinstance(known, tf.Graph) for known in gc.get_objects())


def test_graphs_do_not_gather_from_job_to_job(tmp_path):
    folder = fill(tmp_path / "pictures", 2, [(16, 16), (16, 20)])
    gc.collect()
    before = graphs()
    gc.disable()
    try:
        restored(folder, 1)
    finally:
        gc.enable()
    assert graphs() == before


@pytest.mark.slow
@pytest.mark.timeout(1200)
def test_memory_does_not_grow_with_the_number_of_pictures(tmp_path):
    peaks = []
    for count in (200, 3000):
        folder = fill(tmp_path / str(count), count, [(16, 16), (16, 20)])
        for i in (3, 50, 111):
            (folder / "{:05}.bmp".format(i)).write_text("broken")
        outputs = tmp_path / "outputs{}".format(count)
        code, _, err = launch(
            outputs, "data.path={}".format(folder), "batch_size=50", "num_iter=1", *QUICK
        )
        assert code == 0, err
        (summary,) = summaries(outputs)
        assert (summary["images"], summary["skipped"]) == (count - 3, 3)
        peaks.append(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)  # of all so far
    assert peaks[1] - peaks[0] < 48 * 1024  # kilobytes; a picture's arrays and tables take tens
