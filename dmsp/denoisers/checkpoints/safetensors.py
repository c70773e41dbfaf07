"""The safetensors format: a JSON table of contents, then the tensors' bytes.

Source: https://huggingface.co/docs/safetensors, section "Format".
"""

import json

from dmsp.denoisers.checkpoints import elements

KINDS = {
    "F64": "<f8",
    "F32": "<f4",
    "F16": "<f2",
    "BF16": elements.BFLOAT16,
    "I64": "<i8",
    "I32": "<i4",
    "I16": "<i2",
    "I8": "i1",
    "U8": "u1",
    "BOOL": "?",
}


def read(stream):
    """Return {name: array}.

    Raises:
        ValueError: the file is damaged, or holds a type of element that is not known here.
    """
    length = int.from_bytes(stream.read(8), "little")
    content = stream.read()
    if length > len(content):
        raise ValueError("its header of {} bytes is cut off".format(length))
    table, data = json.loads(content[:length].decode()), memoryview(content)[length:]
    table.pop("__metadata__", None)
    return {name: _tensor(name, entry, data) for name, entry in table.items()}


def _tensor(name, entry, data):
    if entry["dtype"] not in KINDS:
        raise ValueError("{} is of the unknown type {}".format(name, entry["dtype"]))
    begin, end = entry["data_offsets"]
    if not 0 <= begin <= end <= len(data):
        raise ValueError("{} is cut off".format(name))
    return elements.decode(data[begin:end], KINDS[entry["dtype"]]).reshape(entry["shape"])
