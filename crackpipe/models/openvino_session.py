"""Networks that run from ONNX files by OpenVINO, on processors of Intel and AMD: the only file that knows it.

It multiplies in bf16 where the processor does, which is twice as fast there as onnxruntime's single precision.
"""

from pathlib import Path
from types import ModuleType
from typing import Any

from crackpipe.compute import hardware
from crackpipe.errors import CrackpipeError, ModelError
from crackpipe.models import onnx_network, shared_weights
from crackpipe.models.onnx_network import OnnxNetwork

FRAMEWORK = "framework"  # where a model keeps the metadata of the file that it was read from


def load(path: Path, *, kind: str, threads: int | None) -> OnnxNetwork:
    """Open an ONNX file of ``kind`` (segmenter or classifier).

    Args:
        path: of the file.
        kind: what its card must say.
        threads: of the processor; ``None`` leaves them to OpenVINO.

    Raises:
        CrackpipeError: OpenVINO is not installed.
        ModelError: the file is missing, no ONNX, or none of crackpipe's, of another kind, or its weights are others.
    """
    try:
        import openvino
        from openvino import frontend
    except ImportError as error:
        raise CrackpipeError(
            "masks by OpenVINO need that package, which is not installed; run pip install 'crackpipe[openvino]'"
        ) from error
    onnx_network.expect_file(path)
    reader = frontend.FrontEndManager().load_by_framework(
        "onnx"
    )  # whatever else OpenVINO reads is tried for no other file
    try:
        model = reader.convert(reader.load(str(path)))
    except _failures(frontend) as error:
        raise ModelError(f"{path}: cannot be read as ONNX: {' '.join(str(error).split())}") from error
    keys = (shared_weights.WEIGHTS, onnx_network.CARD)
    metadata = {
        key: str(model.get_rt_info([FRAMEWORK, key]).value) for key in keys if model.has_rt_info([FRAMEWORK, key])
    }
    card = onnx_network.card_of(path, metadata, kind=kind)
    settings: dict[str, Any] = {"INFERENCE_PRECISION_HINT": "bf16" if hardware.multiplies_bf16() else "f32"}
    if threads is not None:
        settings["INFERENCE_NUM_THREADS"] = threads
    compiled = openvino.Core().compile_model(model, "CPU", settings)
    return OnnxNetwork(card, lambda pixels: [values.copy() for values in compiled(pixels).to_tuple()])


def _failures(frontend: ModuleType) -> tuple[type[Exception], ...]:
    """Errors that OpenVINO raises where it cannot read a file; its own are no RuntimeError."""
    return (RuntimeError, *(getattr(frontend, name) for name in dir(frontend) if name.endswith("Failure")))
