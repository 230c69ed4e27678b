"""Labels smoothed by how easily a decision is overturned (AR-AdaLS)."""

import torch
from jaxtyping import Float, Int
from torch import Tensor
from torch.nn import functional as F

from crackpipe.classify.losses.step import HeldOut, Step


def ar_adals(
    features: Float[Tensor, "b d"],
    logits: Float[Tensor, "b k"],
    targets: Int[Tensor, "b"],
    step: Step,
    *,
    subsets: int,
    rate: float,
) -> Float[Tensor, ""]:
    """Cross-entropy to labels that are smoothed more for patches whose decisions are easily overturned.

    Qin, Wang, Beutel, Chi, "Improving Calibration through the Relationship with Adversarial Robustness" (NeurIPS 2021),
    Algorithm 1: training and validation data are sorted by robustness and cut into R equal subsets; after each epoch
    ``ε_r ← ε_r + α · (conf(S_r) − acc(S_r))`` on the validation data, and labels of subset r are smoothed by ε_r.

    Departures: robustness is the distance of the features to the nearest boundary of the final layer, where the paper
    runs a Carlini–Wagner attack on the pixels (in two classes both rank by the margin of their own space); a batch is
    cut by its own order, so that no second pass is needed. Uncertain, as the text was not at hand: that ε_r begins at
    0, and its bounds.

    Args:
        subsets: R (the paper: 10).
        rate: α of the update.
    """
    epsilon = smoothing(step.held_out, subsets=subsets, rate=rate, classes=logits.shape[1]).to(logits.device)
    far = distance(logits.detach(), weight=step.weight)
    share = epsilon[subset_of(far, subsets=subsets)][:, None]
    soft = (1 - share) * F.one_hot(targets, logits.shape[1]) + share / logits.shape[1]
    return -(soft * F.log_softmax(logits, dim=1)).sum(dim=1).mean()


def smoothing(held_out: tuple[HeldOut, ...], *, subsets: int, rate: float, classes: int) -> Float[Tensor, "r"]:
    """ε of each subset, the least robust first, after the epochs that were validated; in [0, (k − 1) / k].

    Args:
        held_out: decisions on the validation patches after each epoch so far.
        subsets, rate: see :func:`ar_adals`.
        classes: k.
    """
    epsilon = torch.zeros(subsets)
    for epoch in held_out:
        subset = subset_of(epoch.distance, subsets=subsets)
        count = torch.bincount(subset, minlength=subsets).clamp(min=1)
        gap = torch.zeros(subsets).index_add_(0, subset, epoch.confidence.float() - epoch.right.float()) / count
        epsilon = (epsilon + rate * gap).clamp(0, (classes - 1) / classes)
    return epsilon


def distance(logits: Float[Tensor, "n k"], *, weight: Float[Tensor, "k d"]) -> Float[Tensor, "n"]:
    """Euclidean distance of features to the nearest boundary of a linear layer, ``min_j (l_i − l_j) / ‖w_i − w_j‖``.

    In units of the features; i is the class they are decided as.

    Args:
        logits: (n, k) of the layer.
        weight: (k, d) of the layer.
    """
    decided = logits.argmax(dim=1)
    gap = logits.gather(1, decided[:, None]) - logits
    apart = torch.cdist(weight.float(), weight.float())[decided]
    itself = F.one_hot(decided, logits.shape[1]).bool()
    return torch.where(itself, torch.inf, gap / apart.clamp(min=1e-12)).amin(dim=1)


def subset_of(distances: Float[Tensor, "n"], *, subsets: int) -> Int[Tensor, "n"]:
    """Cut the order of distances into equal subsets, 0 the nearest; return that of each; ties stay in order."""
    order = torch.argsort(distances, stable=True)
    subset = torch.empty_like(order)
    subset[order] = torch.arange(len(order), device=order.device) * subsets // max(len(order), 1)
    return subset
