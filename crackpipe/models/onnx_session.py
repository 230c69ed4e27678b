"""Networks that run from ONNX files, on the processor and without PyTorch: the only file that knows onnxruntime."""

from pathlib import Path

from crackpipe.errors import CrackpipeError, ModelError
from crackpipe.models import onnx_network
from crackpipe.models.onnx_network import OnnxNetwork

MOST_ERRORS = 3  # onnxruntime's severities: 3 is an error, 2 a warning


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
    onnx_network.expect_file(path)
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
    card = onnx_network.card_of(path, session.get_modelmeta().custom_metadata_map, kind=kind)
    name = session.get_inputs()[0].name
    return OnnxNetwork(card, lambda pixels: session.run(None, {name: pixels}))
