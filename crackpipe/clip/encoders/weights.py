"""Files of an encoder's weights: read without running code in them, and assigned to a module."""

import contextlib
import pickle
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn
from torch.overrides import TorchFunctionMode

from crackpipe.errors import ModelError
from crackpipe.models import model_files

CHECKPOINTS = (".pt", ".pth", ".bin")
FORMS = (".safetensors", *CHECKPOINTS)
PREFIXES = ("module.", "_orig_mod.")  # of training on several devices, of compiled models
DERIVED = ("attn_mask", "input_resolution", "context_length", "vocab_size")  # in some checkpoints, but no weights
DRAWING = ("normal_", "uniform_")  # methods of tensors, that initialisations end in
SHOWN = 4  # differences that an error lists


def read(path: Path) -> dict[str, Tensor]:
    """The tensors of a ``.safetensors`` file or of a checkpoint, by name; mapped, so that only used ones take memory.

    A checkpoint is a dict of tensors, or one that holds them under ``state_dict`` beside plain values such as the
    epoch and the optimiser's state. Prefixes that training adds to all names (``module.``) are taken off.

    Raises:
        ModelError: the file is missing, is in neither form, or holds more than tensors and plain values.
    """
    if path.suffix == ".safetensors":
        return model_files.weights(path)
    if not path.is_file():
        raise ModelError(
            f"align_clip.weights={path}: there is no such file; name one that exists, a pretrained tag or none"
        )
    tensors = _tensors(_unpickled(path), path=path)
    for prefix in PREFIXES:
        if all(name.startswith(prefix) for name in tensors):
            tensors = {name.removeprefix(prefix): value for name, value in tensors.items()}
    return tensors


def assign(module: nn.Module, tensors: dict[str, Tensor], *, where: str, advice: str) -> None:
    """Make ``tensors`` the weights of ``module``, name by name, in the module's precision, without a second copy.

    Args:
        module: changed in place.
        tensors: by the names of the module's ``state_dict``.
        where: names the file, or the parameter and the file, in errors.
        advice: what to do about weights that do not fit.

    Raises:
        ModelError: names or shapes differ; some of them are shown.
    """
    expected = module.state_dict()
    given = {
        name: value for name, value in tensors.items() if name in expected or name.rpartition(".")[2] not in DERIVED
    }
    for name, value in given.items():
        # logit_scale is a number or a vector of one
        if name in expected and value.numel() == expected[name].numel() == 1:
            given[name] = value.reshape(expected[name].shape)
    wrong = differences(given, expected)
    if wrong:
        rest = f" and {len(wrong) - SHOWN} more" if len(wrong) > SHOWN else ""
        raise ModelError(
            f"{where}: weights of another architecture; {len(wrong)} tensors differ from the {len(expected)} that it "
            f"has: {'; '.join(wrong[:SHOWN])}{rest}; {advice}"
        )
    module.load_state_dict({name: value.to(expected[name].dtype) for name, value in given.items()}, assign=True)


def differences(given: dict[str, Tensor], expected: dict[str, Tensor]) -> list[str]:
    """A sentence on each tensor that is missing, unknown or of another shape; other shapes first.

    Args:
        given, expected: tensors by name.
    """
    shapes = [
        f"{name} is {_shape(given[name])} instead of {_shape(value)}"
        for name, value in expected.items()
        if name in given and given[name].shape != value.shape
    ]
    missing = [f"{name} is missing" for name in expected if name not in given]
    return shapes + missing + [f"{name} is unknown" for name in given if name not in expected]


@contextlib.contextmanager
def uninitialised() -> Iterator[None]:
    """Context in which new modules are not filled with random numbers, for weights that are about to be replaced."""
    with _Undrawn():
        yield


class _Undrawn(TorchFunctionMode):
    """Skips functions that fill a tensor with random numbers."""

    def __torch_function__(
        self, func: Any, types: Sequence[type], args: tuple[Any, ...] = (), kwargs: dict[str, Any] | None = None
    ) -> Any:
        named = kwargs or {}
        if getattr(func, "__module__", "") == nn.init.__name__ or getattr(func, "__name__", "") in DRAWING:
            return args[0] if args else next(iter(named.values()))
        return func(*args, **named)


def _unpickled(path: Path) -> Any:
    try:
        try:
            return torch.load(path, map_location="cpu", weights_only=True, mmap=True)
        except RuntimeError as error:
            if "mmap" not in str(error):
                raise
            return torch.load(path, map_location="cpu", weights_only=True)  # written by a torch of long ago
    except (pickle.UnpicklingError, RuntimeError, EOFError, ValueError, KeyError, AttributeError) as error:
        reason = str(error).partition("\n")[0][:200]
        raise ModelError(
            f"align_clip.weights={path}: holds more than tensors and plain values, or is damaged, and is not read: "
            f"reading it could run code ({type(error).__name__}: {reason}); if you trust it, convert it where it was "
            "made: safetensors.torch.save_file(model.state_dict(), 'weights.safetensors'), and name that file"
        ) from error


def _tensors(content: Any, *, path: Path) -> dict[str, Tensor]:
    """The tensors of an unpickled checkpoint."""
    tensors = content.get("state_dict", content) if isinstance(content, dict) else content
    if not isinstance(tensors, dict) or not tensors or not all(isinstance(value, Tensor) for value in tensors.values()):
        inside = (
            f"a dict of {', '.join(map(str, list(content)[:SHOWN]))} …"
            if isinstance(content, dict)
            else f"a {type(content).__name__}"
        )
        raise ModelError(
            f"align_clip.weights={path}: holds {inside}, but a dict of tensors, or one under the name state_dict, is "
            "needed; save model.state_dict()"
        )
    return dict(tensors)


def _shape(value: Tensor) -> str:
    return "×".join(map(str, value.shape)) or "a number"
