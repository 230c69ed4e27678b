"""What runs the network of a segmenter: PyTorch, or onnxruntime, which is the faster one on a processor."""

import importlib.util
from pathlib import Path
from typing import Any, Literal, TypeAlias

from crackpipe.compute import hardware
from crackpipe.errors import CrackpipeError, ModelError, ParamsError
from crackpipe.params.labels import ADAPTERS

Engine: TypeAlias = Literal["torch", "onnx"]
GRAPH = "model.onnx"  # the network for onnxruntime, beside its weights
PYTORCH = ("torch", "safetensors", "timm", "segmentation_models_pytorch")  # what PyTorch's engine imports


def choose(folder: Path, *, asked: Engine | None, device: str) -> Engine:
    """The engine for a segmenter: onnxruntime where it can run it, PyTorch elsewhere and on a graphics card.

    Args:
        folder: of the segmenter.
        asked: by the user; ``None`` chooses.
        device: ``auto``, ``cpu`` or ``cuda``.
    """
    if asked is not None:
        return asked
    if device == "cuda":
        return "torch"
    if device == "auto" and hardware.has_graphics_card() and not _missing(PYTORCH):
        return "torch"
    runs = (folder / GRAPH).is_file() and not _missing(("onnxruntime",))
    return "onnx" if runs or _missing(("torch",)) else "torch"


def check(folder: Path, card: dict[str, Any], engine: Engine, *, device: str) -> None:
    """Check that an engine can run a segmenter.

    Args:
        folder: of the segmenter.
        card: of the segmenter.
        engine: that shall run it.
        device: see :func:`choose`.

    Raises:
        CrackpipeError: a package is missing.
        ModelError: the folder lacks the file that onnxruntime needs.
        ParamsError: onnxruntime is asked for on a graphics card.
    """
    if engine == "torch":
        if missing := _missing(PYTORCH):
            raise CrackpipeError(
                f"{folder}: to run it by PyTorch needs {', '.join(missing)}, not installed here; run pip install "
                "'crackpipe[pipeline]'"
            )
        return
    if device == "cuda":
        raise ParamsError("runtime.device: got cuda, which PyTorch alone runs on; take the engine torch")
    if not (folder / GRAPH).is_file():
        if card["architecture"] in ADAPTERS:
            mend = "texts guide it, so PyTorch alone can run it: pip install 'crackpipe[pipeline]'"
        else:
            mend = (
                f"write one by `crackpipe pack NEW_FOLDER --model {folder} --onnx`, or run it by PyTorch; either needs "
                "pip install 'crackpipe[pipeline,export]'"
            )
        raise ModelError(f"{folder}: has no {GRAPH} for onnxruntime; {mend}")
    if _missing(("onnxruntime",)):
        raise CrackpipeError(
            f"{folder}: to run it by onnxruntime needs that package (Python up to 3.14); run pip install onnxruntime"
        )


def _missing(packages: tuple[str, ...]) -> list[str]:
    return [name for name in packages if importlib.util.find_spec(name) is None]
