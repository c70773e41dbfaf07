"""Blur kernels by formula and from files."""

import h5py
import numpy as np
import pytest
from PIL import Image
from scipy.io import savemat

from dmsp import kernels
from dmsp.errors import UserError

K = np.array([[1.0, 2.0, 3.0], [4.0, 0.0, 6.0]])


@pytest.mark.parametrize(
    "kernel",
    [
        kernels.gaussian(1.6),
        kernels.gaussian(2, size=6),
        kernels.motion(25, 24),
        kernels.motion(9, 40, seed=3),
        kernels.disk(3),
        kernels.delta(),
    ],
)
def test_every_kernel_is_float32_of_sum_one(kernel):
    assert kernel.dtype == np.float32
    assert kernel.sum() == pytest.approx(1, abs=1e-6)
    assert kernel.min() >= 0


def test_gaussian_by_hand():
    kernel = kernels.gaussian(2.0)
    assert kernel.shape == (13, 13)
    assert kernel[6, 8] / kernel[6, 6] == pytest.approx(np.exp(-0.5), rel=1e-5)


def test_disk_by_area():
    kernel = kernels.disk(2.5)
    assert kernel.shape == (5, 5)
    assert kernel[2, 2] == pytest.approx(1 / (np.pi * 2.5**2), rel=0.01)
    np.testing.assert_array_equal(kernel, kernel.T)


def test_motion_is_a_centred_path_that_the_seed_decides():
    kernel = kernels.motion(25, 24, seed=1)
    centre = [np.sum(kernel * grid) for grid in np.indices(kernel.shape)]
    np.testing.assert_allclose(centre, [12, 12], atol=0.1)
    np.testing.assert_array_equal(kernel, kernels.motion(25, 24, seed=1))
    assert np.abs(kernel - kernels.motion(25, 24, seed=2)).max() > 0.01
    assert (kernel > 0).sum() < kernel.size / 3


def save(path):
    """Write K in the format of the path's suffix."""
    if path.suffix == ".npz":
        np.savez(str(path), k1=K, k2=2 * K.T)
    elif path.suffix == ".npy":
        np.save(str(path), K)
    elif path.name == "v7.mat":
        with h5py.File(str(path), "w") as file:
            file["k1"] = K.T
    elif path.suffix == ".mat":
        savemat(str(path), {"k1": K})
    else:
        Image.fromarray((K * 40).astype(np.uint8)).save(str(path))
    return path


@pytest.mark.parametrize("name", ["a.npz", "a.npy", "v5.mat", "v7.mat", "a.png"])
def test_files(name, tmp_path):
    choice = "k1" if name == "a.npz" else None
    kernel = kernels.from_file(str(save(tmp_path / name)), choice)
    np.testing.assert_allclose(kernel, K / 16, atol=1e-6)


def test_cells_and_stacks_are_numbered(tmp_path):
    cells = np.empty((1, 2), object)
    cells[0, 0], cells[0, 1] = K, 3 * K.T
    savemat(str(tmp_path / "cells.mat"), {"kernels": cells})
    savemat(str(tmp_path / "stack.mat"), {"kernels": np.stack([K, K[::-1]], axis=2)})
    second = kernels.from_file(tmp_path / "cells.mat", "k2")
    np.testing.assert_allclose(second, K.T / 16, atol=1e-6)
    second = kernels.from_file(tmp_path / "stack.mat", "k2")
    np.testing.assert_allclose(second, K[::-1] / 16, atol=1e-6)


@pytest.mark.parametrize("name", ["dmsp_kernels", "levin09", "sisr_kernels_8"])
def test_published_files_agree_with_their_copies(name, shared):
    folder = shared / "data" / "kernels"
    copies = np.load(str(folder / (name + ".npz")))
    for kernel in copies.files:
        read = kernels.from_file(folder / (name + ".mat"), kernel)
        np.testing.assert_allclose(
            read, copies[kernel] / copies[kernel].sum(dtype=np.float64), atol=1e-6
        )


@pytest.mark.parametrize(
    "values, message",
    [
        (np.zeros((3, 3)), "sum to 0"),
        (-K, "sum to -16"),
        (K * np.nan, "sum to nan"),
        (np.zeros((2, 3, 4)), "rows and columns"),
        (np.array([["a"]]), "rows and columns"),
    ],
)
def test_what_is_no_kernel_is_refused(values, message, tmp_path):
    np.save(str(tmp_path / "bad.npy"), values)
    with pytest.raises(UserError, match=message):
        kernels.from_file(tmp_path / "bad.npy")


def test_mistakes_with_files(tmp_path):
    with pytest.raises(UserError, match="kernel.path is missing"):
        kernels.from_file(None)
    with pytest.raises(UserError, match="no such file"):
        kernels.from_file(tmp_path / "none.npy")
    with pytest.raises(UserError, match="kernel.name: k1, k2"):
        kernels.from_file(save(tmp_path / "a.npz"))
    with pytest.raises(UserError, match="did you mean 'k1'"):
        kernels.from_file(save(tmp_path / "a.npz"), "kk1")
    for suffix in ("npz", "npy", "mat", "png"):
        broken = tmp_path / ("broken." + suffix)
        broken.write_bytes(b"not what its name says")
        with pytest.raises(UserError, match="broken"):
            kernels.from_file(broken)


@pytest.mark.parametrize("call", [lambda: kernels.gaussian(0), lambda: kernels.disk(-1)])
def test_sizes_are_checked(call):
    with pytest.raises(UserError, match="above 0"):
        call()
