"""The head of Crack-CLIP with ordinary weights (its "linear" rows), those of several seeds trained side by side."""

from collections.abc import Iterable

import torch
from jaxtyping import Float
from torch import Tensor, nn

from crackpipe.few_shot import head_networks
from crackpipe.few_shot.batches import Batch
from crackpipe.few_shot.head_networks import Frame, Networks


def fit(
    batches: Iterable[Batch],
    within: Frame,
    *,
    hidden: int,
    dropout: float,
    steps: int,
    lr: float,
    weight_decay: float,
    seed: int,
) -> tuple[list[Networks], Float[Tensor, "s t"]]:
    """Train one network per seed; the loss is their sum, so that none knows of the others.

    Args:
        batches: ``steps`` of them, of inputs within the frame.
        hidden: units of the linear layer.
        dropout: share of the units that a step leaves out, [0, 1).
        lr: of AdamW at the start; it falls to 0 as a cosine.

    Returns:
        the network of each seed, and its mean cross-entropy in nats at each step.
    """
    random = torch.Generator().manual_seed(seed)
    seeds, width = within.centre.shape
    weight = _start(seeds, hidden, width, fan=width, random=random)
    bias = _start(seeds, hidden, fan=width, random=random)
    score = _start(seeds, hidden, fan=hidden, random=random)
    optimiser = torch.optim.AdamW([weight, bias, score], lr=lr, weight_decay=weight_decay)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimiser, steps)
    losses = []
    for inputs, labels in batches:
        kept = dropped(seeds, len(labels[0]), hidden, dropout=dropout, random=random)
        found = head_networks.logits(inputs, within.texts, weight, bias, score, kept)
        loss = nn.functional.binary_cross_entropy_with_logits(found, labels, reduction="none").mean(dim=1)
        optimiser.zero_grad()
        loss.sum().backward()
        optimiser.step()
        schedule.step()
        losses.append(loss.detach())
    networks = head_networks.folded(within, *(one.detach()[None] for one in (weight, bias, score)))
    return networks, torch.stack(losses, dim=1)


def _start(*shape: int, fan: int, random: torch.Generator) -> nn.Parameter:
    """Uniform in ±1 / √fan, as a linear layer of torch begins: wider, what was drawn would outlive few labels."""
    return nn.Parameter((2 * torch.rand(*shape, generator=random) - 1) / fan**0.5)


def dropped(
    seeds: int, items: int, hidden: int, *, dropout: float, random: torch.Generator | None
) -> Float[Tensor, "s b h"] | None:
    """Factors of the hidden units: 0 with probability ``dropout``, else 1 / (1 − dropout); ``None`` without dropout."""
    if dropout == 0:
        return None
    draw = torch.rand(seeds, items, hidden, generator=random)
    return (draw >= dropout).float() / (1 - dropout)
