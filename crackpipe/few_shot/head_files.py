"""A trained head on disk: its networks, and a card with encoder, size and referral."""

from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from crackpipe.errors import ModelError
from crackpipe.few_shot.head_networks import Networks
from crackpipe.models import cards, model_files

KIND = "head"


class _NetworkTensors(nn.Module):
    """The tensors of some networks, under the names of their fields."""

    weight: Tensor
    bias: Tensor
    score: Tensor

    def __init__(self, networks: Networks) -> None:
        super().__init__()
        for name in ("weight", "bias", "score"):
            self.register_buffer(name, getattr(networks, name))


def save(folder: Path, networks: Networks, card: dict[str, Any]) -> None:
    """Write ``model.safetensors`` and ``model.json``.

    Args:
        card: plain values; members, hidden units and width are added.

    Raises:
        ModelError: a weight is not finite.
    """
    expect_finite(networks)
    members, hidden, width = networks.weight.shape
    sizes = {"members": members, "hidden": hidden, "joint_width": width, "texts": networks.bias.shape[1]}
    model_files.save(folder, _NetworkTensors(networks), {**card, "kind": KIND, **sizes})


def expect_finite(networks: Networks) -> None:
    """Check that a head's training has not diverged.

    Raises:
        ModelError: a weight is not finite.
    """
    for name in ("weight", "bias", "score"):
        if not torch.isfinite(getattr(networks, name)).all():
            raise ModelError(f"the head's {name} is not finite: its training has diverged; lower few_shot's lr")


def load(folder: Path) -> tuple[Networks, dict[str, Any]]:
    """Read the networks and the card of a saved head.

    Raises:
        ModelError: the folder holds none, or its weights do not fit its card.
    """
    card = cards.read(folder, kind=KIND)
    members, hidden, width = card["members"], card["hidden"], card["joint_width"]
    empty = Networks(
        torch.empty(members, hidden, width), torch.empty(members, card["texts"], hidden), torch.empty(members, hidden)
    )
    tensors = _NetworkTensors(empty)
    model_files.fill(tensors, model_files.weights(folder / "model.safetensors"), where=str(folder))
    return Networks(tensors.weight, tensors.bias, tensors.score), card
