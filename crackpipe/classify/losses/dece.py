"""Differentiable expected calibration error (DECE)."""

import torch
from jaxtyping import Float, Int
from torch import Tensor
from torch.nn import functional as F

from crackpipe.classify.losses.step import Step

LEAST = 1e-8  # keeps an empty bin from dividing 0 by 0


def dece(
    features: Float[Tensor, "b d"],
    logits: Float[Tensor, "b k"],
    targets: Int[Tensor, "b"],
    step: Step,
    *,
    weight: float,
    bins: int,
    sharpness: float,
    bin_temperature: float,
) -> Float[Tensor, ""]:
    """Cross-entropy and a calibration error that has gradients, ``CE + λ Σ_m (n_m / n) |acc_m − conf_m|``.

    Bohdal, Yang, Hospedales, "Meta-Calibration: Learning of Model Calibration Using Differentiable Expected Calibration
    Error" (TMLR 2023), section 3: confidences share themselves out over bins by a softmax; a decision is right by
    ``max(0, 2 − rank)`` with ``rank = 1 + Σ_j sigmoid(sharpness · (p_j − p_y))`` of the true class.

    Ranks are of probabilities, as in the published code, whose settings are the defaults. Uncertain: the paper learns
    its regularisation by DECE on held-out data (meta-learning); AICL's paper calls DECE a loss and gives no λ. Here it
    is added to the cross-entropy of the same batch. An empty bin counts nothing; the code gives each 1e-6 of a patch.

    Args:
        weight: λ.
        bins: M, of equal width (15).
        sharpness: of the ranks' sigmoid (100).
        bin_temperature: of the bins' softmax; smaller is sharper (0.01).
    """
    return F.cross_entropy(logits, targets) + weight * soft_ece(
        logits, targets, bins=bins, sharpness=sharpness, bin_temperature=bin_temperature
    )


def soft_ece(
    logits: Float[Tensor, "b k"],
    targets: Int[Tensor, "b"],
    *,
    bins: int,
    sharpness: float,
    bin_temperature: float,
) -> Float[Tensor, ""]:
    """Differentiable calibration error alone, in [0, 1]; see :func:`dece` for the arguments."""
    p = F.softmax(logits, dim=1)
    confidence = p.amax(dim=1)
    p_true = p.gather(1, targets[:, None])
    others = ~F.one_hot(targets, p.shape[1]).bool()
    rank = 1 + torch.where(others, torch.sigmoid(sharpness * (p - p_true)), 0.0).sum(dim=1)
    right = F.relu(2 - rank)
    share = _shares(confidence, bins=bins, temperature=bin_temperature)
    count = share.sum(dim=0)
    gap = (share * (right - confidence)[:, None]).sum(dim=0).abs() / (count + LEAST)
    return (count / len(p) * gap).sum()


def _shares(confidence: Float[Tensor, "b"], *, bins: int, temperature: float) -> Float[Tensor, "b m"]:
    """Shares of each confidence in each bin: softmax of ``(m c − Σ_{i<m} i / M) / τ``, most to its own."""
    number = torch.arange(1, bins + 1, device=confidence.device, dtype=confidence.dtype)
    cuts = (number - 1) / bins
    return F.softmax((confidence[:, None] * number - cuts.cumsum(0)) / temperature, dim=1)
