"""Focal losses: sure decisions count less, so that the network does not become surer still."""

import torch
from jaxtyping import Float, Int
from torch import Tensor
from torch.nn import functional as F

from crackpipe.classify.losses.step import Step


def flsd(
    features: Float[Tensor, "b d"],
    logits: Float[Tensor, "b k"],
    targets: Int[Tensor, "b"],
    step: Step,
    *,
    gamma_unsure: float,
    gamma_sure: float,
    sure_from: float,
) -> Float[Tensor, ""]:
    """Sample-dependent focal loss, ``−(1 − p_y)^γ log p_y`` with a γ for unsure and one for sure patches (FLSD-53).

    Mukhoti et al., "Calibrating Deep Neural Networks Using Focal Loss" (NeurIPS 2020), section 4: γ 5 where
    p_y is below 0.2, else 3. The choice of γ has no gradient. The published code sums a batch; here it is a mean.

    Args:
        gamma_unsure: γ where p_y is below ``sure_from``.
        gamma_sure: γ elsewhere.
        sure_from: a probability.
    """
    log_p = _true(F.log_softmax(logits, dim=1), targets)
    p = log_p.exp()
    gamma = torch.where(p.detach() < sure_from, gamma_unsure, gamma_sure)
    return -((1 - p) ** gamma * log_p).mean()


def dual_focal(
    features: Float[Tensor, "b d"],
    logits: Float[Tensor, "b k"],
    targets: Int[Tensor, "b"],
    step: Step,
    *,
    gamma: float,
) -> Float[Tensor, ""]:
    """Dual focal loss, ``−(1 − p_y + p_j)^γ log p_y``, p_j the largest probability that is below p_y.

    Tao, Dong, Xu, "Dual Focal Loss for Calibration" (ICML 2023), after its published code: p_j is 0 where no class is
    below p_y, and gradients flow through it. The code sums a batch; here it is a mean. (The paper's numbering of
    equations was not at hand.)

    Args:
        gamma: γ (5 by the paper's Table 13, as others cite it).
    """
    log_p = F.log_softmax(logits, dim=1)
    every, log_true = log_p.exp(), _true(log_p, targets)
    p = log_true.exp()
    runner_up = torch.where(every < p[:, None], every, 0.0).amax(dim=1)
    return -((1 - p + runner_up) ** gamma * log_true).mean()


def _true(values: Float[Tensor, "b k"], targets: Int[Tensor, "b"]) -> Float[Tensor, "b"]:
    return values.gather(1, targets[:, None])[:, 0]
