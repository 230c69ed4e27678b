"""Losses of the segmenters: functions of the crack probability, or its logit, and a label.

Labels are in {0, 1} where nothing else is said. All losses are means or sums over a batch: one number.
"""

from typing import Literal

import torch
from jaxtyping import Float
from torch import Tensor

EPS = 1e-6


Dice = Literal["squared", "plain"]
PixelLoss = Literal["bce_dice", "bce"]


def focal(
    crack: Float[Tensor, "b h w"], label: Float[Tensor, "b h w"], *, alpha: float = 1.0, gamma: float = 2.0
) -> Float[Tensor, ""]:
    """Focal loss −α (1 − p)^γ log p of the true class's probability p (CrackCLIP, section 3.4), mean over pixels.

    Args:
        crack: probability of crack, in [0, 1].
        label: 0 or 1.
        alpha: factor of both classes.
        gamma: focus on pixels of low probability, 0 (the cross-entropy) or at least 1.
    """
    true_class = torch.where(label > 0.5, crack, 1 - crack).clamp(EPS, 1)
    return -alpha * ((1 - true_class) ** gamma * true_class.log()).mean()


def dice(crack: Float[Tensor, "b h w"], label: Float[Tensor, "b h w"], *, kind: Dice = "plain") -> Float[Tensor, ""]:
    """1 − Dice coefficient of the crack channel, per photograph, mean over the batch.

    Args:
        crack: probability of crack, p, in [0, 1].
        label: y, in [0, 1].
        kind: ``squared``, 1 − 2 Σ p y / (Σ p² + Σ y²) (CrackCLIP, section 3.4, after Milletari et al. 2016; an empty
            label costs 1); ``plain``, (2 Σ p y + 1) / (Σ p + Σ y + 1) (APRIL-GAN's code, which CrackCLIP builds on).
    """
    both = (crack * label).sum(dim=(1, 2))
    if kind == "squared":
        return 1 - (2 * both / (crack.square().sum(dim=(1, 2)) + label.square().sum(dim=(1, 2)) + EPS)).mean()
    return 1 - ((2 * both + 1) / (crack.sum(dim=(1, 2)) + label.sum(dim=(1, 2)) + 1)).mean()


def edge(crack: Float[Tensor, "b h w"], label: Float[Tensor, "b h w"]) -> Float[Tensor, ""]:
    """1 − Σ p·E / Σ E over the label's edge pixels E (CrackCLIP, section 3.4); 0 where no label has an edge.

    Args:
        crack: probability of crack, p, in [0, 1].
        label: 0 or 1.
    """
    return _on_edges(crack, label_edges(label))


def _on_edges(crack: Float[Tensor, "b h w"], edges: Float[Tensor, "b h w"]) -> Float[Tensor, ""]:
    count = edges.sum()
    return torch.where(count > 0, 1 - (crack * edges).sum() / count.clamp(min=1), torch.zeros_like(count))


def label_edges(label: Float[Tensor, "b h w"]) -> Float[Tensor, "b h w"]:
    """Label pixels with a pixel outside the label among their 8 neighbours; the border is no edge."""
    outside = torch.nn.functional.max_pool2d(1 - label[:, None], 3, stride=1, padding=1)[:, 0]
    return label * outside


def adapter_loss(
    maps: list[Float[Tensor, "b h w"]],
    label: Float[Tensor, "b h w"],
    *,
    focal_weight: float,
    dice_weight: float,
    edge_weight: float,
    focal_alpha: float = 1.0,
    focal_gamma: float = 2.0,
    dice_kind: Dice = "plain",
) -> Float[Tensor, ""]:
    """CrackCLIP's loss: focal + dice + edge of each map, summed over the maps (section 3.4).

    Args:
        maps: of each stage, or their sum alone; probability of crack, in [0, 1].
        label: 0 or 1.
        focal_weight, dice_weight, edge_weight: of the three parts.
        focal_alpha, focal_gamma: see :func:`focal`.
        dice_kind: see :func:`dice`.
    """
    edges = label_edges(label)
    total = torch.zeros((), device=label.device)
    for crack in maps:
        total = total + focal_weight * focal(crack, label, alpha=focal_alpha, gamma=focal_gamma)
        total = total + dice_weight * dice(crack, label, kind=dice_kind)
        total = total + edge_weight * _on_edges(crack, edges)
    return total


def pixel_loss(
    logits: Float[Tensor, "b h w"], target: Float[Tensor, "b h w"], *, kind: PixelLoss, uncertain: float = 0.0
) -> Float[Tensor, ""]:
    """Loss of a network's logits.

    Args:
        logits: of crack.
        target: in [0, 1]: a pixel may be a share of a crack.
        kind: ``bce``, binary cross-entropy, mean over pixels (König et al.); ``bce_dice``, plus the dice loss.
        uncertain: pixels whose target is nearer to one half than this count nothing, in [0, 0.5).
    """
    if not uncertain:
        entropy = torch.nn.functional.binary_cross_entropy_with_logits(logits, target)
        return entropy if kind == "bce" else entropy + dice(torch.sigmoid(logits), target)
    counts = ((target - 0.5).abs() >= uncertain).float()
    each = torch.nn.functional.binary_cross_entropy_with_logits(logits, target, reduction="none")
    entropy = (each * counts).sum() / counts.sum().clamp(min=1)
    return entropy if kind == "bce" else entropy + dice(torch.sigmoid(logits) * counts, target * counts)


def deep_supervision(
    outputs: list[Float[Tensor, "b h w"]],
    target: Float[Tensor, "b h w"],
    *,
    kind: PixelLoss = "bce_dice",
    uncertain: float = 0.0,
) -> Float[Tensor, ""]:
    """:func:`pixel_loss` summed over all outputs of a network.

    Args:
        outputs: logits of the side outputs and of the prediction.
        target: in [0, 1].
        kind, uncertain: see :func:`pixel_loss`.
    """
    losses = [pixel_loss(logits.float(), target, kind=kind, uncertain=uncertain) for logits in outputs]
    return torch.stack(losses).sum()
