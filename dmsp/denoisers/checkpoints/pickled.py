"""PyTorch's .pth files, read without PyTorch and without running what is in them.

A pickle is a program that may call anything. The reader here knows the five
names with which PyTorch pickles tensors, hands out descriptions for them, and
refuses every other name before anything is called.

Since version 1.6 the file is a zip archive of the pickle, ``…/data.pkl``, and
the bytes of each storage, ``…/data/<key>``. Before, it was a stream of pickles
(magic number, version, byte order, object, keys), followed by each storage's
number of elements and bytes. Source: torch/serialization.py.
"""

import collections
import io
import pickle
import zipfile
from collections.abc import Mapping
from typing import NamedTuple, Tuple

import numpy as np

from dmsp.denoisers.checkpoints import elements
from dmsp.errors import UserError

KINDS = {
    "DoubleStorage": "<f8",
    "FloatStorage": "<f4",
    "HalfStorage": "<f2",
    "BFloat16Storage": elements.BFLOAT16,
    "LongStorage": "<i8",
    "IntStorage": "<i4",
    "ShortStorage": "<i2",
    "CharStorage": "i1",
    "ByteStorage": "u1",
    "BoolStorage": "?",
}
MAGIC_NUMBER = 0x1950A86A20F9469CFC6C
# Keys under which training scripts keep the weights among other things.
WRAPPERS = ("state_dict", "model_state_dict", "params_ema", "params", "model", "net")


class Storage(NamedTuple):
    """Where elements lie: their kind, the key of their bytes."""

    kind: str
    key: str


class Tensor(NamedTuple):
    """A view of a storage, sizes and strides in elements."""

    storage: Storage
    offset: int
    shape: Tuple[int, ...]
    strides: Tuple[int, ...]


def read_archive(path, stream):
    """Return {name: array} of a zip archive, PyTorch 1.6 or later."""
    with zipfile.ZipFile(stream) as archive:
        names = {name.partition("/")[2]: name for name in archive.namelist()}
        if "data.pkl" not in names:
            raise UserError(
                "weights {}: expected a PyTorch checkpoint, found a zip archive of {}".format(
                    path, ", ".join(sorted(archive.namelist())[:3]) or "nothing"
                )
            )
        if any(entry.compress_type != zipfile.ZIP_STORED for entry in archive.infolist()):
            raise ValueError("it is compressed, which PyTorch's never are")
        if "byteorder" in names and archive.read(names["byteorder"]) != b"little":
            raise ValueError("its numbers are big-endian")
        found = _Unpickler(path, io.BytesIO(archive.read(names["data.pkl"]))).load()
        return _arrays(path, found, lambda storage: archive.read(names["data/" + storage.key]))


def read_stream(path, stream):
    """Return {name: array} of a stream of pickles, PyTorch before 1.6."""
    if _Unpickler(path, stream).load() != MAGIC_NUMBER:
        raise UserError(
            "weights {}: expected a PyTorch checkpoint, found another pickle".format(path)
        )
    _version, system = (_Unpickler(path, stream).load() for _ in range(2))
    if not system["little_endian"]:
        raise ValueError("its numbers are big-endian")
    unpickler = _Unpickler(path, stream)
    found = unpickler.load()
    content = {}
    for key in _Unpickler(path, stream).load():
        count = int.from_bytes(stream.read(8), "little")
        content[key] = stream.read(count * elements.size(unpickler.kinds[key]))
    return _arrays(path, found, lambda storage: content[storage.key])


class _Rebuild:
    """``_rebuild_tensor_v2``; without attributes, nothing that a pickle does can change it."""

    __slots__ = ()

    def __call__(self, storage, offset, shape, strides, *unused):
        return Tensor(storage, offset, tuple(shape), tuple(strides))


class _Parameter:
    """``_rebuild_parameter``."""

    __slots__ = ()

    def __call__(self, tensor, *unused):
        return tensor


ALLOWED = {
    ("collections", "OrderedDict"): collections.OrderedDict,
    ("torch._utils", "_rebuild_tensor_v2"): _Rebuild(),
    ("torch._utils", "_rebuild_parameter"): _Parameter(),
}
ALLOWED.update({("torch", name): kind for name, kind in KINDS.items()})


class _Unpickler(pickle.Unpickler):
    """Reads descriptions of tensors; ``kinds`` are those of the storages by key."""

    def __init__(self, path, stream):
        super().__init__(stream)
        self._path = path
        self.kinds = {}

    def find_class(self, module, name):
        if (module, name) not in ALLOWED:
            raise UserError(
                "weights {}: expected a checkpoint of tensors only, found one that would call "
                "{}.{} on loading; save the network's state_dict()".format(self._path, module, name)
            )
        return ALLOWED[module, name]

    def persistent_load(self, identity):
        tag, kind, key = identity[:3]
        if tag != "storage" or (len(identity) > 5 and identity[5] is not None):
            raise ValueError("it refers to {!r}".format(identity))
        self.kinds[key] = kind
        return Storage(kind, key)


def _arrays(path, found, content):
    """Return {name: array} of what was unpickled."""
    while isinstance(found, Mapping) and not _tensors(found):
        inner = [found[key] for key in WRAPPERS if isinstance(found.get(key), Mapping)]
        if not inner:
            break
        found = inner[0]
    tensors = _tensors(found) if isinstance(found, Mapping) else {}
    if not tensors:
        raise UserError(
            "weights {}: expected named tensors, found {}".format(
                path,
                "the keys " + ", ".join(sorted(str(key) for key in found)[:4])
                if isinstance(found, Mapping) and found
                else "none",
            )
        )
    return {name: _array(name, tensor, content) for name, tensor in tensors.items()}


def _tensors(mapping):
    """Return the tensors of a mapping; DataParallel's prefix goes."""
    return {
        name[len("module.") :] if name.startswith("module.") else name: value
        for name, value in mapping.items()
        if isinstance(value, Tensor)
    }


def _array(name, tensor, content):
    storage = elements.decode(content(tensor.storage), tensor.storage.kind)
    count = int(np.prod(tensor.shape, dtype=np.int64))
    last = tensor.offset + sum((n - 1) * step for n, step in zip(tensor.shape, tensor.strides))
    outside = min((tensor.offset, *tensor.shape, *tensor.strides)) < 0 or last >= storage.size
    if len(tensor.shape) != len(tensor.strides) or count > storage.size or (count and outside):
        raise ValueError("{} reaches beyond its storage".format(name))
    strides = [step * storage.itemsize for step in tensor.strides]
    view = np.lib.stride_tricks.as_strided(storage[tensor.offset :], tensor.shape, strides)
    return view.copy()
