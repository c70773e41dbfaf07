"""PyTorch's files: both formats, their refusals, safetensors."""

import collections
import json
import os
import pickle
import struct
import zipfile

import numpy as np
import pytest

from dmsp.denoisers import checkpoints
from dmsp.errors import UserError
from tests.denoisers import torch_files

ARRAYS = {
    "model.0.weight": np.arange(24, dtype=np.float32).reshape(2, 3, 2, 2),
    "model.0.bias": np.array([-1.5, 2.0], np.float32),
}


def refused(path, words):
    with pytest.raises(UserError, match=words) as caught:
        checkpoints.read(str(path))
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("save", [torch_files.save_archive, torch_files.save_stream])
@pytest.mark.parametrize("wrapper", [None, "state_dict", "params"])
def test_both_formats_give_the_tensors(tmp_path, monkeypatch, save, wrapper):
    torch_files.fake_torch(monkeypatch)
    value, storages = torch_files.tensors(ARRAYS)
    path = save(tmp_path / "net.pth", {"epoch": 3, wrapper: value} if wrapper else value, storages)
    found = checkpoints.read(path)
    assert sorted(found) == sorted(ARRAYS)
    for name, array in ARRAYS.items():
        np.testing.assert_array_equal(found[name], array)


def test_prefix_of_data_parallel_goes(tmp_path, monkeypatch):
    torch_files.fake_torch(monkeypatch)
    value = torch_files.tensors({"module.a": np.ones(2)})
    assert list(checkpoints.read(torch_files.save_archive(tmp_path / "a.pth", *value))) == ["a"]


def test_views_are_followed(tmp_path, monkeypatch):
    torch_files.fake_torch(monkeypatch)
    storage = torch_files.FakeStorage("0", np.arange(12, dtype=np.float32))
    turned = {"a": torch_files.Tensor(storage, (3, 2), (1, 4), offset=5)}
    found = checkpoints.read(torch_files.save_archive(tmp_path / "a.pth", turned, [storage]))
    np.testing.assert_array_equal(found["a"], [[5, 9], [6, 10], [7, 11]])


@pytest.mark.parametrize(
    "shape, strides, offset",
    [
        ((3, 2), (1, 4), 6),
        ((12,), (1,), -1),
        ((12,), (-1,), 11),
        ((100,), (0,), 0),
        ((2, 3), (1,), 0),
    ],
)
def test_views_beyond_their_storage_are_refused(tmp_path, monkeypatch, shape, strides, offset):
    torch_files.fake_torch(monkeypatch)
    storage = torch_files.FakeStorage("0", np.arange(12, dtype=np.float32))
    value = {"a": torch_files.Tensor(storage, shape, strides, offset)}
    refused(torch_files.save_archive(tmp_path / "a.pth", value, [storage]), "beyond its storage")


class Evil:
    def __init__(self, mark):
        self.mark = mark

    def __reduce__(self):
        return os.system, ("touch {}".format(self.mark),)


@pytest.mark.parametrize("save", [torch_files.save_archive, torch_files.save_stream])
def test_code_is_refused_and_not_run(tmp_path, monkeypatch, save):
    torch_files.fake_torch(monkeypatch)
    mark = tmp_path / "was_here"
    path = save(tmp_path / "evil.pth", {"a": Evil(mark)}, [])
    refused(path, r"would call (posix|nt)\.system on loading; save the network's state_dict\(\)")
    assert not mark.exists()


def test_code_in_a_bare_pickle_is_not_run(tmp_path):
    mark = tmp_path / "was_here"
    (tmp_path / "evil.pth").write_bytes(pickle.dumps(Evil(mark), 2))
    refused(tmp_path / "evil.pth", "would call")
    assert not mark.exists()


def test_pickles_cannot_change_the_reader(tmp_path):
    # BUILD sets attributes on what precedes it: here on the one function a pickle may call.
    program = b"\x80\x02ctorch._utils\n_rebuild_tensor_v2\n}X\x08\x00\x00\x00__call__K\x01sb."
    with zipfile.ZipFile(str(tmp_path / "a.pth"), "w") as archive:
        archive.writestr("name/data.pkl", program)
    refused(tmp_path / "a.pth", "damaged")


def test_other_files_are_told(tmp_path):
    cases = {
        "empty": (b"", "found an empty file"),
        "text": (b"not a network at all", "found something else"),
        "pickle": (pickle.dumps([1, 2], 2), "found another pickle"),
        "zip": (b"PK\x03\x04" + bytes(40), "found a damaged one"),
        "header": (struct.pack("<Q", 10**6) + b"{", "header of 1000000 bytes is cut off"),
    }
    for name, (content, words) in cases.items():
        (tmp_path / name).write_bytes(content)
        refused(tmp_path / name, words)
    refused(tmp_path / "none.pth", "No such file")


def test_archives_of_other_things_are_told(tmp_path):
    np.savez(str(tmp_path / "a.npz"), weights=np.zeros(2))
    refused(tmp_path / "a.npz", "found a zip archive of weights.npy")
    with zipfile.ZipFile(str(tmp_path / "b.pth"), "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("name/data.pkl", pickle.dumps({}, 2))
    refused(tmp_path / "b.pth", "compressed")


def test_checkpoints_without_tensors_are_told(tmp_path):
    refused(torch_files.save_archive(tmp_path / "a.pth", {"epoch": 1}, []), "found the keys epoch")
    refused(torch_files.save_archive(tmp_path / "b.pth", [1], []), "expected named tensors, found")


@pytest.mark.parametrize("save", [torch_files.save_archive, torch_files.save_stream])
@pytest.mark.parametrize("keep", [30, 150, -50])
def test_truncated_files_are_told(tmp_path, monkeypatch, save, keep):
    torch_files.fake_torch(monkeypatch)
    path = save(tmp_path / "cut.pth", *torch_files.tensors(ARRAYS))
    content = (tmp_path / "cut.pth").read_bytes()
    (tmp_path / "cut.pth").write_bytes(content[:keep])
    refused(path, "found a damaged one")


def test_safetensors_give_the_tensors(tmp_path):
    found = checkpoints.read(torch_files.save_safetensors(tmp_path / "a.safetensors", ARRAYS))
    assert sorted(found) == sorted(ARRAYS)
    for name, array in ARRAYS.items():
        np.testing.assert_array_equal(found[name], array)


@pytest.mark.parametrize("start", [b"\x80", b"PK"])
def test_safetensors_may_begin_like_other_formats(tmp_path, start):
    length = start + bytes(8 - len(start))
    content = length + b"{}".ljust(int.from_bytes(length, "little"))
    (tmp_path / "a.safetensors").write_bytes(content)
    assert checkpoints.read(str(tmp_path / "a.safetensors")) == {}


def test_bfloat16_is_the_upper_half_of_float32(tmp_path):
    head = json.dumps(
        collections.OrderedDict(a={"dtype": "BF16", "shape": [2], "data_offsets": [0, 4]})
    ).encode()
    content = struct.pack("<Q", len(head)) + head + struct.pack("<HH", 0x3FC0, 0xC000)
    (tmp_path / "a.safetensors").write_bytes(content)
    np.testing.assert_array_equal(checkpoints.read(str(tmp_path / "a.safetensors"))["a"], [1.5, -2])


def test_damaged_safetensors_are_told(tmp_path):
    path = torch_files.save_safetensors(tmp_path / "a.safetensors", ARRAYS)
    content = (tmp_path / "a.safetensors").read_bytes()
    for broken, words in (
        (content[:-4], "cut off"),
        (content.replace(b'"F32"', b'"F99"'), "unknown type F99"),
        (content.replace(b'"shape": [2]', b'"shape": [3]'), "damaged"),
    ):
        (tmp_path / "a.safetensors").write_bytes(broken)
        refused(path, words)
