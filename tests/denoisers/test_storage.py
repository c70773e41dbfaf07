"""Weights on disk."""

import numpy as np
import pytest

from dmsp import denoisers
from dmsp.denoisers import storage
from dmsp.denoisers.base import Denoiser
from dmsp.errors import UserError
from tests.denoisers.conftest import UNET, random_weights


def test_round_trip(tmp_path, unet):
    path = str(tmp_path / "some" / "mine.npz")
    storage.save(path, unet._replace(metadata={"sigma": None, "note": "ü"}), np.float32)
    back = storage.load(path)
    assert back.architecture == UNET
    assert back.metadata == {"sigma": None, "note": "ü"}
    assert back.digest == unet.digest
    for name, array in unet.arrays.items():
        np.testing.assert_array_equal(back.arrays[name], array)
    assert [entry.name for entry in (tmp_path / "some").iterdir()] == ["mine.npz"]


def test_float16_halves_the_file_and_keeps_three_digits(tmp_path, unet):
    path = str(tmp_path / "half.npz")
    storage.save(path, unet)
    back = storage.load(path)
    for name, array in unet.arrays.items():
        assert back.arrays[name].dtype == np.float32
        np.testing.assert_allclose(back.arrays[name], array, rtol=1e-3, atol=1e-7)


def test_digest_sees_every_value(unet):
    changed = dict(unet.arrays, tail=unet.arrays["tail"].copy())
    changed["tail"].flat[-1] += 1.0
    assert unet._replace(arrays=changed).digest != unet.digest


def test_failed_write_leaves_the_old_file(tmp_path):
    path = tmp_path / "file.npz"
    path.write_bytes(b"old")
    with pytest.raises(RuntimeError), storage.replacing(str(path)) as stream:
        stream.write(b"new")
        raise RuntimeError
    assert path.read_bytes() == b"old"
    assert len(list(tmp_path.iterdir())) == 1


def test_denoiser_from_file(tmp_path, unet):
    path = str(tmp_path / "mine.npz")
    storage.save(path, unet)
    denoiser = denoisers.npz(path)
    assert (denoiser.name, denoiser.conditional, denoiser.sigma) == ("mine", True, None)
    assert denoisers.default(path).digest == denoiser.digest


def test_bundled_weights_are_small_and_fit():
    import os

    if not os.path.exists(denoisers.BUNDLED):
        pytest.skip("no bundled weights yet")
    assert os.path.getsize(denoisers.BUNDLED) < 5e6
    denoiser = denoisers.default()
    assert denoiser.conditional
    assert denoiser.macs_per_pixel < 220e3


@pytest.mark.parametrize(
    "content, words",
    [(None, "no such file"), (b"not a zip", "damaged or different"), (b"", "damaged or different")],
)
def test_unreadable_file_is_told_in_one_line(tmp_path, content, words):
    path = tmp_path / "bad.npz"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(UserError, match=words) as caught:
        denoisers.npz(str(path))
    assert "\n" not in str(caught.value)


def test_truncated_file_is_told(tmp_path, unet):
    path = tmp_path / "cut.npz"
    storage.save(str(path), unet)
    path.write_bytes(path.read_bytes()[:-300])
    with pytest.raises(UserError, match="damaged or different"):
        denoisers.npz(str(path))


def test_other_npz_is_told(tmp_path):
    np.savez(str(tmp_path / "other.npz"), weights=np.zeros(3))
    with pytest.raises(UserError, match="expected an npz file of dmsp, found one .*, of weights"):
        denoisers.npz(str(tmp_path / "other.npz"))


def test_pickled_objects_are_refused(tmp_path):
    np.savez(str(tmp_path / "evil.npz"), metadata=np.array([{"a": 1}], dtype=object))
    with pytest.raises(UserError, match="damaged or different"):
        denoisers.npz(str(tmp_path / "evil.npz"))


@pytest.mark.parametrize(
    "change, words",
    [
        ({"tail": None}, r"expected tail of shape \(3, 3, 8, 12\), found nothing"),
        ({"tail": np.zeros((3, 3, 8, 4))}, r"found \(3, 3, 8, 4\)"),
        ({"head": np.full((3, 3, 16, 8), np.nan)}, "head holds values that are not finite"),
        ({"more": np.zeros(2)}, "do not belong to this architecture, first more"),
    ],
)
def test_arrays_that_do_not_fit_are_told(change, words):
    weights = random_weights(UNET)
    arrays = {
        name: array for name, array in dict(weights.arrays, **change).items() if array is not None
    }
    with pytest.raises(UserError, match=words):
        Denoiser("odd", weights._replace(arrays=arrays))
