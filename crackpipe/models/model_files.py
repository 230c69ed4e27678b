"""Trained models on disk: ``model.safetensors`` and ``model.json`` in one folder. Nothing is ever unpickled."""

import shutil
from collections.abc import Mapping
from pathlib import Path

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file
from torch import Tensor, nn

from crackpipe.errors import ModelError
from crackpipe.files import atomic
from crackpipe.models import cards
from crackpipe.models.cards import Card


def save(folder: Path, module: nn.Module, card: Card) -> None:
    """Write a module's weights and its card, each whole or not at all; the same bytes every time.

    Args:
        folder: takes ``model.safetensors`` and ``model.json``.
        module: its whole state is written.
        card: plain values: kind, architecture, classes, normalisation …
    """
    write(folder, {name: value.detach().cpu().contiguous() for name, value in module.state_dict().items()}, card)


def write(folder: Path, tensors: Mapping[str, Tensor], card: Card, *, half: bool = False) -> None:
    """Write weights and their card, each whole or not at all.

    Args:
        folder, card: see :func:`save`.
        tensors: by name.
        half: write float32 weights as float16, in half the room; they are read into float32 again.
    """
    with atomic.replacing(folder / "model.safetensors") as temporary:
        save_file({name: _halved(value) if half else value for name, value in tensors.items()}, temporary)
    atomic.write_text(folder / "model.json", cards.text(card))


def copy(source: Path, target: Path, card: Card, *, half: bool = False) -> None:
    """Copy a model's weights to another folder, with another card.

    Args:
        source: holds a model.
        target: takes ``model.safetensors`` and ``model.json``.
        card: see :func:`save`.
        half: see :func:`write`.
    """
    if half:
        write(target, weights(source / "model.safetensors"), card, half=True)
        return
    with atomic.replacing(target / "model.safetensors") as temporary:
        shutil.copyfile(source / "model.safetensors", temporary)
    atomic.write_text(target / "model.json", cards.text(card))


def _halved(value: Tensor) -> Tensor:
    return value.half() if value.dtype == torch.float32 else value


def weights(path: Path) -> dict[str, Tensor]:
    """Read a ``.safetensors`` file.

    Raises:
        ModelError: the file is missing or not in the safetensors form.
    """
    try:
        return load_file(path)
    except (OSError, SafetensorError) as error:
        raise ModelError(f"{path}: cannot be read as safetensors: {error}; convert the weights first") from error


def fill(module: nn.Module, tensors: dict[str, Tensor], *, where: str) -> None:
    """Copy ``tensors`` into ``module``, name by name.

    Args:
        module: changed in place.
        tensors: by name, for the whole state of the module.
        where: names their origin in the error.

    Raises:
        ModelError: names or shapes differ, so that the weights belong to another architecture.
    """
    state = module.state_dict()
    wrong = [name for name in state if name not in tensors or tensors[name].shape != state[name].shape]
    wrong += [name for name in tensors if name not in state]
    if wrong:
        raise ModelError(
            f"{where}: weights of another architecture; {len(wrong)} of {len(state)} tensors are missing, unknown or "
            f"of another shape, first {wrong[0]!r}; name the architecture that these weights were trained for"
        )
    module.load_state_dict(tensors)
