"""ONNX files whose weights lie in the ``.safetensors`` file beside them: one copy serves PyTorch and onnxruntime.

A safetensors file is a table of places and then the bare numbers, and an ONNX file may name a place in another file for
each of its tensors.
"""

import hashlib
import json
from pathlib import Path
from typing import Any

import numpy as np

from crackpipe.errors import ModelError

TYPES = {"F32": np.float32, "F16": np.float16}
LEAST_BYTES = 1024  # smaller tensors stay in the ONNX file
HEADER_BYTES = 8  # of the table's length
WEIGHTS = "crackpipe_weights"  # key of the ONNX file's metadata


def refer(path: Path, weights: Path) -> None:
    """Let an ONNX file take its weights from a safetensors file in place of its own copies, but for small ones.

    Weights are found by what they hold. Those in half precision become single precision as the file is read. The file
    tells the digest of the weights, see :func:`check`.

    Args:
        path: of the ONNX file, which is written again.
        weights: will lie in the folder from which the ONNX file is read.

    Raises:
        ModelError: weights of a layer are in the ONNX file alone.
    """
    import onnx

    places = _places(weights)
    model = onnx.load(str(path))
    graph = model.graph
    casts, missing = [], []
    for tensor in graph.initializer:
        values = onnx.numpy_helper.to_array(tensor)
        if values.dtype != np.float32 or values.nbytes < LEAST_BYTES:
            continue
        place = places.get(_key(values))
        if place is None and (place := places.get(_half_key(values))):
            name, tensor.name = tensor.name, f"{tensor.name}.half"
            tensor.data_type = onnx.TensorProto.FLOAT16
            casts.append(onnx.helper.make_node("Cast", [tensor.name], [name], to=onnx.TensorProto.FLOAT))
        if place is not None:
            _place(tensor, weights.name, place)
        elif values.ndim > 1:  # a vector may be the zeros of a convolution without a bias
            missing.append(tensor.name)
    if missing:
        raise ModelError(f"{weights}: has no {', '.join(sorted(missing))}; these weights are of another model")
    nodes = [*casts, *graph.node]
    del graph.node[:]
    graph.node.extend(nodes)
    entry = model.metadata_props.add()
    entry.key, entry.value = WEIGHTS, json.dumps({"file": weights.name, "sha256": _digest(weights)})
    onnx.save(model, str(path))


def check(path: Path, told: str) -> None:
    """Check that the weights that an ONNX file refers to are those that it was written for.

    Args:
        path: of the ONNX file.
        told: of its metadata, under ``WEIGHTS``.

    Raises:
        ModelError: they are missing, or others.
    """
    known = json.loads(told)
    weights = path.parent / known["file"]
    if not weights.is_file() or _digest(weights) != known["sha256"]:
        fault = "others than it was written for" if weights.is_file() else "missing"
        raise ModelError(f"{path}: its weights in {known['file']} are {fault}; pack the segmenter again")


def _digest(weights: Path) -> str:
    return hashlib.sha256(weights.read_bytes()).hexdigest()


def _half_key(values: np.ndarray) -> str:
    """Key of an array in half precision, where that holds all of its numbers; else of none."""
    with np.errstate(over="ignore"):
        half = values.astype(np.float16)
    return _key(half) if np.array_equal(half.astype(np.float32), values) else ""


def _places(weights: Path) -> dict[str, tuple[int, int]]:
    """First byte and length of each tensor of a safetensors file, by what it holds."""
    data = weights.read_bytes()
    length = int.from_bytes(data[:HEADER_BYTES], "little")
    table: dict[str, Any] = json.loads(data[HEADER_BYTES : HEADER_BYTES + length])
    start = HEADER_BYTES + length
    found = {}
    for name, entry in sorted(table.items()):
        if name == "__metadata__" or entry["dtype"] not in TYPES:
            continue
        first, last = (start + offset for offset in entry["data_offsets"])
        values = np.frombuffer(data[first:last], TYPES[entry["dtype"]]).reshape(entry["shape"])
        found[_key(values)] = (first, last - first)
    return found


def _key(values: np.ndarray) -> str:
    """Digest of an array's type, shape and numbers."""
    about = f"{values.dtype} {values.shape} ".encode()
    return hashlib.sha256(about + np.ascontiguousarray(values).tobytes()).hexdigest()


def _place(tensor: Any, file: str, place: tuple[int, int]) -> None:
    """Let a tensor lie in another file, at its first byte and of its length there."""
    import onnx

    tensor.ClearField("raw_data")
    tensor.ClearField("float_data")
    tensor.data_location = onnx.TensorProto.EXTERNAL
    for key, value in {"location": file, "offset": place[0], "length": place[1]}.items():
        entry = tensor.external_data.add()
        entry.key, entry.value = key, str(value)
