"""Losses of the segmenters: functions of the crack probability, or its logit, and a label.

Labels are in {0, 1} where nothing else is said. All losses are means or sums over a batch: one number.
"""

import torch
from jaxtyping import Float
from torch import Tensor

EPS = 1e-6


def focal(crack: Float[Tensor, "b h w"], label: Float[Tensor, "b h w"], *, gamma: float = 2.0) -> Float[Tensor, ""]:
    """Focal loss with α = 1 (Lin et al. 2017, eq. 4), mean over pixels.

    Args:
        crack: probability of crack, in [0, 1].
        label: 0 or 1.
        gamma: focus on pixels of low probability; 0 gives the cross-entropy.
    """
    true_class = torch.where(label > 0.5, crack, 1 - crack).clamp(EPS, 1)
    return -((1 - true_class) ** gamma * true_class.log()).mean()


def dice(crack: Float[Tensor, "b h w"], label: Float[Tensor, "b h w"], *, smooth: float = 1.0) -> Float[Tensor, ""]:
    """1 − Dice coefficient of the crack channel, per photograph, mean over the batch (Milletari et al. 2016).

    Args:
        crack: probability of crack, in [0, 1].
        label: in [0, 1].
        smooth: added to numerator and denominator, so that an empty label and an empty prediction agree.
    """
    both = (crack * label).sum(dim=(1, 2))
    return 1 - ((2 * both + smooth) / (crack.sum(dim=(1, 2)) + label.sum(dim=(1, 2)) + smooth)).mean()


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
) -> Float[Tensor, ""]:
    """CrackCLIP's loss: focal + dice + edge of each stage's map, summed over the stages (section 3.4).

    Args:
        maps: of each stage, probability of crack, in [0, 1].
        label: 0 or 1.
        focal_weight, dice_weight, edge_weight: of the three parts.
    """
    edges = label_edges(label)
    total = torch.zeros((), device=label.device)
    for crack in maps:
        total = total + focal_weight * focal(crack, label) + dice_weight * dice(crack, label)
        total = total + edge_weight * _on_edges(crack, edges)
    return total


def cross_entropy_dice(logits: Float[Tensor, "b h w"], target: Float[Tensor, "b h w"]) -> Float[Tensor, ""]:
    """Binary cross-entropy (mean over pixels) + dice loss.

    Args:
        logits: of crack.
        target: in [0, 1]: a pixel may be a share of a crack.
    """
    entropy = torch.nn.functional.binary_cross_entropy_with_logits(logits, target)
    return entropy + dice(torch.sigmoid(logits), target)


def deep_supervision(outputs: list[Float[Tensor, "b h w"]], target: Float[Tensor, "b h w"]) -> Float[Tensor, ""]:
    """:func:`cross_entropy_dice` summed over all outputs of a network.

    Args:
        outputs: logits of the side outputs and of the prediction.
        target: in [0, 1].
    """
    return torch.stack([cross_entropy_dice(logits.float(), target) for logits in outputs]).sum()
