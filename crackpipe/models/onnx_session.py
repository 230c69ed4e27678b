"""Networks that run from ONNX files, on the processor and without PyTorch: the only file that knows onnxruntime."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Float32, UInt8

from crackpipe.errors import CrackpipeError, ModelError
from crackpipe.models import shared_weights

CARD = "crackpipe"  # key of the file's metadata
MOST_ERRORS = 3  # onnxruntime's severities: 3 is an error, 2 a warning


@dataclass(frozen=True, slots=True, eq=False)
class OnnxNetwork:
    """A network that :mod:`crackpipe.models.onnx_export` has written.

    Attributes:
        card: what the file says of it.
        run: RGB levels 0–255 (b, 3, h, w), uint8, to its outputs, float32, in the file's order.
    """

    card: dict[str, Any]
    run: Callable[[UInt8[np.ndarray, "b 3 h w"]], list[Float32[np.ndarray, "b ..."]]]


def load(path: Path, *, kind: str, threads: int | None) -> OnnxNetwork:
    """Open an ONNX file of ``kind`` (segmenter or classifier).

    Args:
        path: of the file.
        kind: what its card must say.
        threads: of the processor; ``None`` takes one a core.

    Raises:
        CrackpipeError: onnxruntime is not installed.
        ModelError: the file is missing, no ONNX, or none of crackpipe's, of another kind, or its weights are others.
    """
    try:
        import onnxruntime
    except ImportError as error:
        raise CrackpipeError(
            "masks by ONNX need the package onnxruntime, which is not installed; run pip install onnxruntime"
        ) from error
    options = onnxruntime.SessionOptions()
    options.log_severity_level = MOST_ERRORS
    options.intra_op_num_threads = threads or 0
    # threads that spin while they wait take cores from other work: 1.5 times as slow on a machine that has some
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    if not path.is_file():
        raise ModelError(f"{path}: no such file; write it by `crackpipe export onnx MODEL --out {path}`")
    faults = onnxruntime.capi.onnxruntime_pybind11_state
    unreadable = (
        faults.Fail,
        faults.InvalidArgument,
        faults.InvalidGraph,
        faults.InvalidProtobuf,
        faults.NotImplemented,
    )
    try:
        session = onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
    except unreadable as error:
        raise ModelError(f"{path}: cannot be read as ONNX: {error}") from error
    metadata = session.get_modelmeta().custom_metadata_map
    if shared_weights.WEIGHTS in metadata:
        shared_weights.check(path, metadata[shared_weights.WEIGHTS])
    text = metadata.get(CARD)
    if text is None:
        raise ModelError(f"{path}: an ONNX file of another program; write one by `crackpipe export onnx MODEL`")
    card: dict[str, Any] = json.loads(text)
    if card.get("kind") != kind:
        raise ModelError(f"{path}: holds a model of the kind {card.get('kind')!r}, but {kind!r} is needed here")
    name = session.get_inputs()[0].name
    return OnnxNetwork(card, lambda pixels: session.run(None, {name: pixels}))
