"""Number of steps of an attack on its features that a decision survives (AICL's measure of how robust it is).

Chen et al., "Attack-inspired Calibration Loss for Calibrating Crack Recognition" (AAAI 2025), equations 1 and 2 and
Algorithm 1. The attack runs through the final linear layer alone, whose gradient is written out, so that no graph is
built and none is left behind.
"""

from dataclasses import dataclass
from typing import Literal

import numpy as np
import torch
from jaxtyping import Float, Int
from torch import Tensor

from crackpipe.compute import seeds

Against = Literal["decision", "label"]
Start = Literal["features", "uniform"]

DRAW = 0xACE  # tells this draw from others of the same seed, epoch and batch


@dataclass(frozen=True, slots=True)
class Attack:
    """Projected gradient ascent on the cross-entropy, kept in a box around the features.

    Attributes:
        steps: K, 1 or more.
        epsilon: half the side of the box, in units of the features.
        step_size: length of a step along each feature, in units of the features.
        against: ``decision`` (Algorithm 1): the attack leads away from the class that the features are decided as, and
            κ in 1 … K is the step at which the decision changes, K where it never does. ``label`` (the authors' code):
            it leads away from the true class, and κ in 0 … K counts the checks, each before a step, that find it.
        start: ``features`` (the paper), or ``uniform``: a point drawn from the box (the authors' code).
    """

    steps: int
    epsilon: float
    step_size: float
    against: Against = "decision"
    start: Start = "features"


@torch.no_grad()
def survived(
    features: Float[Tensor, "b d"],
    labels: Int[Tensor, "b"],
    *,
    weight: Float[Tensor, "k d"],
    bias: Float[Tensor, "k"],
    attack: Attack,
    key: tuple[int, ...],
) -> Int[Tensor, "b"]:
    """Count the attack steps κ that each decision survives; see :class:`Attack` for its range.

    Each step adds ``step_size · sign(gradient)``; equation 2 projects each step by itself, which never acts while
    ``step_size <= epsilon``, so that the authors' code (the box lies around the features) is followed.

    Args:
        features: (b, d) inputs of the final layer.
        labels: (b,) true classes 0 … k−1; used by ``against="label"`` alone.
        weight, bias: (k, d) and (k,) of the final layer.
        attack: its steps, box and aim.
        key: of the random generator for ``start="uniform"``.
    """
    centre, target = features.detach().float(), labels
    weight, bias = weight.detach().float(), bias.detach().float()
    if attack.against == "decision":
        target = (centre @ weight.T + bias).argmax(dim=1)
    point = centre + _noise(centre, epsilon=attack.epsilon, key=key) if attack.start == "uniform" else centre
    count = torch.zeros_like(target)
    unchanged = torch.ones_like(target, dtype=torch.bool)
    for _ in range(attack.steps):
        logits = point @ weight.T + bias
        if attack.against == "label":
            count += logits.argmax(dim=1) == target
        by_logits = torch.softmax(logits, dim=1)
        by_logits[torch.arange(len(target), device=logits.device), target] -= 1  # ∂ cross-entropy / ∂ logits
        point = point + attack.step_size * torch.sign(by_logits @ weight)
        point = torch.minimum(torch.maximum(point, centre - attack.epsilon), centre + attack.epsilon)
        if attack.against == "decision":
            unchanged = unchanged & ((point @ weight.T + bias).argmax(dim=1) == target)
            count += unchanged
    return count if attack.against == "label" else (count + 1).clamp(max=attack.steps)


def _noise(centre: Float[Tensor, "b d"], *, epsilon: float, key: tuple[int, ...]) -> Float[Tensor, "b d"]:
    noise = seeds.generator(*key, DRAW).uniform(-epsilon, epsilon, tuple(centre.shape)).astype(np.float32)
    return torch.from_numpy(noise).to(centre.device)
