"""Checkpoints as PyTorch writes them, made without PyTorch."""

import collections
import io
import json
import pickle
import struct
import sys
import types
import zipfile

import numpy as np

MAGIC_NUMBER = 0x1950A86A20F9469CFC6C


class FakeStorage:
    """Stands for a storage; pickled by its identity only."""

    def __init__(self, key, array):
        self.key, self.array = key, array


class Tensor:
    """Pickles as PyTorch's tensors do: a function and its arguments."""

    def __init__(self, storage, shape=None, strides=None, offset=0):
        array = storage.array
        self.arguments = (
            storage,
            offset,
            array.shape if shape is None else shape,
            tuple(n // array.itemsize for n in array.strides) if strides is None else strides,
            False,
            collections.OrderedDict(),
        )

    def __reduce__(self):
        return sys.modules["torch._utils"]._rebuild_tensor_v2, self.arguments


class _Pickler(pickle.Pickler):
    def persistent_id(self, value):
        if not isinstance(value, FakeStorage):
            return None
        kind = sys.modules["torch"].FloatStorage
        return ("storage", kind, value.key, "cpu", value.array.size, *self.extra)

    extra = ()


class _StreamPickler(_Pickler):
    extra = (None,)


def fake_torch(monkeypatch):
    """Let ``torch`` be a module that has the names which pickles of tensors mention."""
    torch, utils = types.ModuleType("torch"), types.ModuleType("torch._utils")

    def _rebuild_tensor_v2():
        raise AssertionError

    torch.FloatStorage = type("FloatStorage", (), {"__module__": "torch"})
    _rebuild_tensor_v2.__module__ = "torch._utils"
    _rebuild_tensor_v2.__qualname__ = "_rebuild_tensor_v2"
    utils._rebuild_tensor_v2 = _rebuild_tensor_v2
    monkeypatch.setitem(sys.modules, "torch", torch)
    monkeypatch.setitem(sys.modules, "torch._utils", utils)


def tensors(arrays):
    """Return a state dict and its storages."""
    storages = [
        FakeStorage(str(index), np.ascontiguousarray(array, np.float32))
        for index, array in enumerate(arrays.values())
    ]
    found = collections.OrderedDict(
        (name, Tensor(storage)) for name, storage in zip(arrays, storages)
    )
    found._metadata = {"": {"version": 1}}
    return found, storages


def save_archive(path, value, storages):
    """Write a checkpoint as PyTorch since 1.6 does."""
    stream = io.BytesIO()
    _Pickler(stream, 2).dump(value)
    with zipfile.ZipFile(str(path), "w") as archive:
        archive.writestr("name/data.pkl", stream.getvalue())
        for storage in storages:
            archive.writestr("name/data/" + storage.key, storage.array.tobytes())
        archive.writestr("name/version", "3\n")
    return str(path)


def save_stream(path, value, storages):
    """Write a checkpoint as PyTorch before 1.6 did."""
    with open(str(path), "wb") as stream:
        for part in (MAGIC_NUMBER, 1001, {"little_endian": True}):
            pickle.dump(part, stream, 2)
        _StreamPickler(stream, 2).dump(value)
        pickle.dump([storage.key for storage in storages], stream, 2)
        for storage in storages:
            stream.write(struct.pack("<q", storage.array.size) + storage.array.tobytes())
    return str(path)


def save_safetensors(path, arrays):
    """Write a safetensors file of float32."""
    table, data = {"__metadata__": {"format": "pt"}}, b""
    for name, array in arrays.items():
        content = np.asarray(array, "<f4").tobytes()
        table[name] = {
            "dtype": "F32",
            "shape": list(np.shape(array)),
            "data_offsets": [len(data), len(data) + len(content)],
        }
        data += content
    head = json.dumps(table).encode()
    with open(str(path), "wb") as stream:
        stream.write(struct.pack("<Q", len(head)) + head + data)
    return str(path)
