"""The head of Crack-CLIP with ordinary weights (its "linear" rows), those of several seeds trained side by side."""

from collections.abc import Iterable

import torch
from jaxtyping import Float
from torch import Tensor, nn

from crackpipe.few_shot import head_networks
from crackpipe.few_shot.batches import SeedBatch
from crackpipe.few_shot.head_networks import InputTransform, Networks
from crackpipe.few_shot.settings import LinearSettings


def fit(
    batches: Iterable[SeedBatch], transform: InputTransform, *, settings: LinearSettings, seed: int
) -> tuple[list[Networks], Float[Tensor, "s t"]]:
    """Train one network per seed; the loss is their sum, so that none knows of the others.

    Args:
        batches: of transformed inputs and labels, ``settings.steps`` of them.
        transform: of the inputs.
        seed: of starts and dropout.

    Returns:
        the network of each seed, and its mean cross-entropy in nats at each step.
    """
    random = torch.Generator().manual_seed(seed)
    seeds, width = transform.centre.shape
    hidden = settings.hidden
    weight = _start(seeds, hidden, width, fan=width, random=random)
    bias = _start(seeds, hidden, fan=width, random=random)
    score = _start(seeds, hidden, fan=hidden, random=random)
    optimiser = torch.optim.AdamW([weight, bias, score], lr=settings.lr, weight_decay=settings.weight_decay)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimiser, settings.steps)
    losses = []
    for inputs, labels in batches:
        factors = dropout_factors(seeds, len(labels[0]), hidden, dropout=settings.dropout, random=random)
        logits = head_networks.logits(inputs, transform.texts, weight, bias, score, factors)
        loss = nn.functional.binary_cross_entropy_with_logits(logits, labels, reduction="none").mean(dim=1)
        optimiser.zero_grad()
        loss.sum().backward()
        optimiser.step()
        schedule.step()
        losses.append(loss.detach())
    networks = head_networks.fold(transform, *(values.detach()[None] for values in (weight, bias, score)))
    return networks, torch.stack(losses, dim=1)


def dropout_factors(
    seeds: int, items: int, hidden: int, *, dropout: float, random: torch.Generator | None
) -> Float[Tensor, "s b h"] | None:
    """Factors of the hidden units: 0 with probability ``dropout``, else 1 / (1 − dropout); ``None`` without dropout.

    Args:
        seeds, items, hidden: sizes of the result.
        dropout: [0, 1).
        random: ``None`` draws from torch's global generator.
    """
    if dropout == 0:
        return None
    draw = torch.rand(seeds, items, hidden, generator=random)
    return (draw >= dropout).float() / (1 - dropout)


def _start(*shape: int, fan: int, random: torch.Generator) -> nn.Parameter:
    """Uniform in ±1 / √fan, as a linear layer of torch begins: wider, what was drawn would outlive few labels."""
    return nn.Parameter((2 * torch.rand(*shape, generator=random) - 1) / fan**0.5)
