"""What runs the network of a segmenter: PyTorch, or on a processor onnxruntime or OpenVINO, which are faster there."""

import importlib.util
from pathlib import Path
from typing import Any, Literal, TypeAlias

from crackpipe.compute import hardware
from crackpipe.errors import CrackpipeError, ModelError, ParamsError
from crackpipe.params.labels import ADAPTERS

Engine: TypeAlias = Literal["torch", "onnx", "openvino"]
GRAPH = "model.onnx"  # the network for onnxruntime and OpenVINO, beside its weights
PACKAGES = {"onnx": "onnxruntime", "openvino": "openvino"}
INSTALLED_BY = {"onnx": "pip install onnxruntime", "openvino": "pip install 'crackpipe[openvino]'"}
PYTORCH = ("torch", "safetensors", "timm", "segmentation_models_pytorch")  # what PyTorch's engine imports


def choose(folder: Path, *, asked: Engine | None, device: str) -> Engine:
    """The engine for a segmenter: PyTorch on a graphics card, and where there is no graph for another.

    Else OpenVINO, where it is installed and the processor multiplies in bf16, or onnxruntime, the faster one elsewhere.

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
    if (folder / GRAPH).is_file() and hardware.multiplies_bf16() and not _missing(("openvino",)):
        return "openvino"
    runs = (folder / GRAPH).is_file() and not _missing(("onnxruntime",))
    return "onnx" if runs or _missing(("torch",)) else "torch"


def precision(engine: Engine, *, of_torch: str) -> str:
    """Precision of an engine's matrix products, as ``runtime.precision``.

    Args:
        engine: that runs the network.
        of_torch: what PyTorch would take.
    """
    if engine == "torch":
        return of_torch
    return "bf16" if engine == "openvino" and hardware.multiplies_bf16() else "fp32"


def check(folder: Path, card: dict[str, Any], engine: Engine, *, device: str) -> None:
    """Check that an engine can run a segmenter.

    Args:
        folder: of the segmenter.
        card: of the segmenter.
        engine: that shall run it.
        device: see :func:`choose`.

    Raises:
        CrackpipeError: a package is missing.
        ModelError: the folder lacks the file that an engine other than PyTorch needs.
        ParamsError: such an engine is asked for on a graphics card.
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
        raise ModelError(f"{folder}: has no {GRAPH} for {PACKAGES[engine]}; {mend}")
    if _missing((PACKAGES[engine],)):
        raise CrackpipeError(
            f"{folder}: to run it by {PACKAGES[engine]} needs that package (Python up to 3.14); run "
            f"{INSTALLED_BY[engine]}"
        )


def _missing(packages: tuple[str, ...]) -> list[str]:
    return [name for name in packages if importlib.util.find_spec(name) is None]
