"""Files of an encoder's weights: read without running code that they may hold, and put into a module."""

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
SHOWN = 4


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


def fit(module: nn.Module, tensors: dict[str, Tensor], *, where: str, advice: str) -> None:
    """Make ``tensors`` the weights of ``module``, name by name, in the module's precision, without a second copy.

    Args:
        where: names the file, or the parameter and the file, in errors.
        advice: what to do about weights that do not fit.

    Raises:
        ModelError: names or shapes differ; some of them are shown.
    """
    own = module.state_dict()
    found = {name: value for name, value in tensors.items() if name in own or name.rpartition(".")[2] not in DERIVED}
    for name, value in found.items():
        if name in own and value.numel() == own[name].numel() == 1:  # logit_scale is a number or a vector of one
            found[name] = value.reshape(own[name].shape)
    wrong = differences(found, own)
    if wrong:
        rest = f" and {len(wrong) - SHOWN} more" if len(wrong) > SHOWN else ""
        raise ModelError(
            f"{where}: weights of another architecture; {len(wrong)} tensors differ from the {len(own)} that it has: "
            f"{'; '.join(wrong[:SHOWN])}{rest}; {advice}"
        )
    module.load_state_dict({name: value.to(own[name].dtype) for name, value in found.items()}, assign=True)


def differences(found: dict[str, Tensor], wanted: dict[str, Tensor]) -> list[str]:
    """What each tensor that is missing, unknown or of another shape is, and should be; other shapes first."""
    shapes = [
        f"{name} is {_shape(found[name])} instead of {_shape(value)}"
        for name, value in wanted.items()
        if name in found and found[name].shape != value.shape
    ]
    missing = [f"{name} is missing" for name in wanted if name not in found]
    return shapes + missing + [f"{name} is unknown" for name in found if name not in wanted]


@contextlib.contextmanager
def to_come() -> Iterator[None]:
    """Modules built within it are not filled with random numbers: their weights are about to be replaced."""
    with _Undrawn():
        yield


class _Undrawn(TorchFunctionMode):
    def __torch_function__(
        self, func: Any, types: Sequence[type], args: tuple[Any, ...] = (), kwargs: dict[str, Any] | None = None
    ) -> Any:
        given = kwargs or {}
        if getattr(func, "__module__", "") == nn.init.__name__ or getattr(func, "__name__", "") in DRAWING:
            return args[0] if args else next(iter(given.values()))
        return func(*args, **given)


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


def _tensors(found: Any, *, path: Path) -> dict[str, Tensor]:
    tensors = found.get("state_dict", found) if isinstance(found, dict) else found
    if not isinstance(tensors, dict) or not tensors or not all(isinstance(one, Tensor) for one in tensors.values()):
        inside = (
            f"a dict of {', '.join(map(str, list(found)[:SHOWN]))} …"
            if isinstance(found, dict)
            else f"a {type(found).__name__}"
        )
        raise ModelError(
            f"align_clip.weights={path}: holds {inside}, but a dict of tensors, or one under the name state_dict, is "
            "needed; save model.state_dict()"
        )
    return dict(tensors)


def _shape(value: Tensor) -> str:
    return "×".join(map(str, value.shape)) or "a number"
