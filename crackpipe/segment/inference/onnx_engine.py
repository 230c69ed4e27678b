"""A segmenter that runs from an ONNX file, on the processor and without PyTorch."""

from pathlib import Path

import numpy as np
from jaxtyping import Float32, UInt8

from crackpipe.errors import ModelError
from crackpipe.imaging.guided_filter import guided_filter
from crackpipe.models import onnx_session, openvino_session
from crackpipe.segment.inference.segmenter import Segmenter


def load(path: Path, *, threads: int | None = None, openvino: bool = False) -> Segmenter:
    """Read a segmenter that ``crackpipe export onnx`` has written.

    Args:
        path: of the ONNX file.
        threads: of the processor; ``None`` takes one a core.
        openvino: run by OpenVINO, not by onnxruntime.

    Raises:
        CrackpipeError: the package that runs it is not installed.
        ModelError: the file is missing or holds no segmenter.
    """
    session = openvino_session if openvino else onnx_session
    network = session.load(path, kind="segmenter", threads=threads)
    multiple_px: int = network.card["multiple_px"]
    radius_px, eps = network.card["refine_px"], network.card["refine_eps"]

    def predict(pixels: UInt8[np.ndarray, "b h w 3"]) -> Float32[np.ndarray, "b h w"]:
        height, width = pixels.shape[1:3]
        if height % multiple_px or width % multiple_px:
            raise ModelError(
                f"{path}: got photographs of {height}×{width} px (height × width), but both must be multiples of "
                f"{multiple_px}"
            )
        confidence, *guides = network.run(np.ascontiguousarray(np.moveaxis(pixels, 3, 1)))
        if guides:
            pairs = zip(confidence, guides[0], strict=True)
            refined = [guided_filter(crack, side, radius_px=radius_px, eps=eps) for crack, side in pairs]
            confidence = np.stack(refined).clip(0, 1)
        return confidence

    return Segmenter(predict, multiple_px)
