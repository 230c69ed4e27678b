"""A trained head on disk: its networks, and what its card says of encoder, size and referral."""

from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from crackpipe.errors import ModelError
from crackpipe.few_shot.head_networks import Networks
from crackpipe.models import model_files

KIND = "head"


class _Held(nn.Module):
    """The tensors of some networks, under the names of their fields."""

    weight: Tensor
    bias: Tensor
    score: Tensor

    def __init__(self, networks: Networks) -> None:
        super().__init__()
        for name in ("weight", "bias", "score"):
            self.register_buffer(name, getattr(networks, name))


def save(folder: Path, networks: Networks, card: dict[str, Any]) -> None:
    """Write ``model.safetensors`` and ``model.json``; the card also tells members, hidden units and width.

    Raises:
        ModelError: a weight is not finite.
    """
    expect_finite(networks)
    members, hidden, width = networks.weight.shape
    sizes = {"members": members, "hidden": hidden, "joint_width": width, "texts": networks.bias.shape[1]}
    model_files.save(folder, _Held(networks), {**card, "kind": KIND, **sizes})


def expect_finite(networks: Networks) -> None:
    """Raise a ModelError where a head's training has diverged."""
    for name in ("weight", "bias", "score"):
        if not torch.isfinite(getattr(networks, name)).all():
            raise ModelError(f"the head's {name} is not finite: its training has diverged; lower few_shot's lr")


def load(folder: Path) -> tuple[Networks, dict[str, Any]]:
    """Networks and card of a saved head.

    Raises:
        ModelError: the folder holds none, or its weights do not fit its card.
    """
    card = model_files.card(folder, kind=KIND)
    members, hidden, width = card["members"], card["hidden"], card["joint_width"]
    empty = Networks(
        torch.empty(members, hidden, width), torch.empty(members, card["texts"], hidden), torch.empty(members, hidden)
    )
    held = _Held(empty)
    model_files.fill(held, model_files.weights(folder / "model.safetensors"), where=str(folder))
    return Networks(held.weight, held.bias, held.score), card
