"""Adversarial calibration entropy (ACEnt): outputs are to be unsure at the features that an attack leads to."""

import torch
from jaxtyping import Float, Int
from torch import Tensor
from torch.nn import functional as F

from crackpipe.classify.losses.step import Step


def acent(
    features: Float[Tensor, "b d"],
    logits: Float[Tensor, "b k"],
    targets: Int[Tensor, "b"],
    step: Step,
    *,
    weight: float,
    epsilon: float,
    steps: int,
) -> Float[Tensor, ""]:
    """Cross-entropy less the entropy of the outputs after an attack, ``CE(z) − λ H(softmax(W (z + δ) + c))``.

    Chen et al., "Integrating Confidence Calibration and Adversarial Robustness via Adversarial Calibration Entropy"
    (Information Sciences 2024). Uncertain: the paper's text was not at hand, only its abstract and what AICL's paper
    says of it ("maximize the predicted information entropy by leveraging adversarial examples"). This is that sentence
    as a formula. The attack runs on the features, as AICL's does, not on the pixels; δ has no gradient, z has.
    The final layer is held fixed in the second term: it is trained by the first.

    Args:
        weight: λ.
        epsilon: half the side of the box that the attack stays in, in units of the features.
        steps: of the attack, each of 2.5 · epsilon / steps.
    """
    clean = features @ step.weight.T + step.bias
    attacked = clean + _shift(features.detach(), targets, step, epsilon=epsilon, steps=steps)
    log_p = F.log_softmax(attacked, dim=1)
    entropy = -(log_p.exp() * log_p).sum(dim=1).mean()
    return F.cross_entropy(logits, targets) - weight * entropy


@torch.no_grad()
def _shift(
    centre: Float[Tensor, "b d"], targets: Int[Tensor, "b"], step: Step, *, epsilon: float, steps: int
) -> Float[Tensor, "b k"]:
    """Change of the logits by the attack."""
    delta = torch.zeros_like(centre)
    for _ in range(steps):
        by_logits = torch.softmax((centre + delta) @ step.weight.T + step.bias, dim=1)
        by_logits = by_logits - F.one_hot(targets, by_logits.shape[1])  # ∂ cross-entropy / ∂ logits
        delta = (delta + 2.5 * epsilon / steps * torch.sign(by_logits @ step.weight)).clamp(-epsilon, epsilon)
    return delta @ step.weight.T
