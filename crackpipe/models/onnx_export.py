"""Networks as ONNX files: the only file that knows onnxscript, and with shared_weights the only one that knows onnx."""

import json
from collections.abc import Mapping, Sequence
from copy import deepcopy
from pathlib import Path
from typing import Any

import torch
from jaxtyping import Float, UInt8
from torch import Tensor, nn

from crackpipe.errors import CrackpipeError, ModelError
from crackpipe.files import atomic
from crackpipe.models import folding, shared_weights

CARD = "crackpipe"  # key of the file's metadata
PIXELS = "pixels"  # name of the input
OPSET = 20


class Levels(nn.Module):
    """Grey levels to the inputs of a network: ``(x / 255 − mean) / std``, as :mod:`crackpipe.models.normalise`.

    Args:
        mean, std: RGB, in units of [0, 1].
    """

    factor: Tensor
    shift: Tensor

    def __init__(self, *, mean: Sequence[float], std: Sequence[float]) -> None:
        super().__init__()
        deviation = torch.tensor(std).view(3, 1, 1)
        self.register_buffer("factor", 1 / (255 * deviation))
        self.register_buffer("shift", -torch.tensor(mean).view(3, 1, 1) / deviation)

    def forward(self, pixels: UInt8[Tensor, "b 3 h w"]) -> Float[Tensor, "b 3 h w"]:
        """Normalised inputs."""
        return pixels.float() * self.factor + self.shift


def check_packages() -> None:
    """Check that the packages are there that an export needs.

    Raises:
        CrackpipeError: one is missing.
    """
    try:
        import onnx  # noqa: F401
        import onnxscript  # noqa: F401
    except ImportError as error:
        raise CrackpipeError(
            f"an export to ONNX needs the package {error.name}, which is not installed; "
            "run pip install 'crackpipe[export]'"
        ) from error


def for_export(network: nn.Module, *, fold: bool = True) -> nn.Module:
    """Copy a network for inputs whose sides are multiples of all its strides, batch normalisation folded away.

    TensorFlow's "same" padding depends on the size, and as formulas of a free size it takes a quarter of an hour to
    export; on such sides it is always the same.

    Args:
        network: in inference.
        fold: ``False`` leaves batch normalisation and with it all weights as they are.
    """
    from timm.layers import Conv2dSame  # timm takes seconds

    plain = network.to(memory_format=torch.contiguous_format)
    copy = deepcopy(folding.folded(plain) if fold else plain)
    for name, layer in list(copy.named_modules()):
        if isinstance(layer, Conv2dSame):
            copy.set_submodule(name, _padded(layer))
    return copy.eval()


def has_same_padding(network: nn.Module) -> bool:
    """Whether a network pads as TensorFlow does, so that :func:`for_export` asks for multiples of its strides."""
    from timm.layers import Conv2dSame

    return any(isinstance(layer, Conv2dSame) for layer in network.modules())


def _padded(layer: nn.Conv2d) -> nn.Sequential:
    """The layer with the padding that it gives inputs whose sides are multiples of its stride."""
    down, across = (
        (size - 1) * apart + 1 - step
        for size, apart, step in zip(layer.kernel_size, layer.dilation, layer.stride, strict=True)
    )
    plain = nn.Conv2d(
        layer.in_channels,
        layer.out_channels,
        kernel_size=layer.kernel_size,  # type: ignore[arg-type]
        stride=layer.stride,  # type: ignore[arg-type]
        dilation=layer.dilation,  # type: ignore[arg-type]
        groups=layer.groups,
        bias=layer.bias is not None,
    )
    plain.load_state_dict(layer.state_dict())
    room = (across // 2, across - across // 2, down // 2, down - down // 2)
    return nn.Sequential(nn.ZeroPad2d(room), plain)


def write(
    path: Path,
    module: nn.Module,
    *,
    outputs: Sequence[str],
    side_px: int,
    multiple_px: int | None,
    card: Mapping[str, Any],
    weights: Path | None = None,
) -> None:
    """Write a module as one ONNX file, whole or not at all, with its card as metadata.

    Args:
        path: of the file.
        module: takes RGB levels (b, 3, h, w), uint8, 0–255; in inference.
        outputs: names of what it returns.
        side_px: of the pictures that it is traced with.
        multiple_px: sides that the file takes are multiples of it; ``None``: they are ``side_px``.
        card: plain values that a reader of the file needs.
        weights: a ``.safetensors`` file in the same folder that has the module's weights, which the ONNX file then
            refers to, see :func:`shared_weights.refer`.

    Raises:
        CrackpipeError: a package is missing.
        ModelError: the module cannot be written as ONNX.
    """
    check_packages()
    import onnx
    import onnxscript.optimizer

    batch, tall, wide = (torch.export.Dim(name, min=1) for name in ("batch", "rows", "columns"))
    sizes: dict[int, Any] = {0: batch}
    if multiple_px is not None:
        sizes |= {2: multiple_px * tall, 3: multiple_px * wide}
    example = torch.zeros(2, 3, side_px, side_px + (multiple_px or 0), dtype=torch.uint8)
    try:
        program = torch.onnx.export(
            module,
            (example,),
            dynamo=True,
            optimize=False,  # onnxruntime does it, in a tenth of the time
            opset_version=OPSET,
            input_names=[PIXELS],
            output_names=list(outputs),
            dynamic_shapes=(sizes,),
            verbose=False,
        )
    except torch.onnx.errors.OnnxExporterError as error:
        raise ModelError(f"{type(module).__name__}: cannot be written as ONNX: {error}") from error
    assert program is not None
    # zeros that stand for biases are written as formulas, behind which onnxruntime sees no constant to fold
    onnxscript.optimizer.fold_constants(program.model)
    onnxscript.optimizer.remove_unused_nodes(program.model)
    for node in program.model.graph:
        node.metadata_props.clear()  # where each line of code lies on this machine: a sixth of the file
    program.model.metadata_props[CARD] = json.dumps(card, sort_keys=True, ensure_ascii=False)
    with atomic.replacing(path) as temporary:
        program.save(str(temporary), external_data=False)
        if weights is not None:
            shared_weights.refer(temporary, weights)
        onnx.checker.check_model(str(temporary))
