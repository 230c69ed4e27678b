"""How many steps of an attack on its features a decision survives (ACE): the paper's measure of being right.

Chen et al., "Attack-inspired Calibration Loss for Calibrating Crack Recognition" (AAAI 2025), equations 1 and 2 and
Algorithm 1. The attack runs through the final linear layer alone, whose gradient is written out, so that no graph is
built and none is left behind.
"""

from typing import Literal

import numpy as np
import torch
from jaxtyping import Float, Int
from torch import Tensor

from crackpipe.compute import seeds

Against = Literal["decision", "label"]
Start = Literal["features", "uniform"]

DRAW = 0xACE  # tells this draw from others of the same seed, epoch and batch


@torch.no_grad()
def survived(
    features: Float[Tensor, "b d"],
    labels: Int[Tensor, "b"],
    *,
    weight: Float[Tensor, "k d"],
    bias: Float[Tensor, "k"],
    steps: int,
    epsilon: float,
    step_size: float,
    against: Against,
    start: Start,
    key: tuple[int, ...],
) -> Int[Tensor, "b"]:
    """Number of attack steps κ, by projected gradient ascent on the cross-entropy, kept in a box around the features.

    Each step adds ``step_size · sign(gradient)``; equation 2 projects each step by itself, which never acts while
    ``step_size <= epsilon``, so that the authors' code (the box lies around the features) is followed.

    Args:
        labels: (b,) true classes; used by ``against="label"`` alone.
        steps: K, 1 or more.
        epsilon: half the side of the box, in units of the features.
        against: ``decision`` (Algorithm 1): the attack leads away from the class that the features are decided as, and
            κ in 1 … K is the step at which the decision changes, K where it never does. ``label`` (the authors' code):
            it leads away from the true class, and κ in 0 … K counts the checks, each before a step, that find it.
        start: ``features`` (the paper), or ``uniform``: a point drawn from the box (the code).
        key: of the random generator for that point.
    """
    centre, target = features.detach().float(), labels
    weight, bias = weight.detach().float(), bias.detach().float()
    if against == "decision":
        target = (centre @ weight.T + bias).argmax(dim=1)
    place = centre + _noise(centre, epsilon=epsilon, key=key) if start == "uniform" else centre
    held = torch.zeros_like(target)
    standing = torch.ones_like(target, dtype=torch.bool)
    for _ in range(steps):
        logits = place @ weight.T + bias
        if against == "label":
            held += logits.argmax(dim=1) == target
        away = torch.softmax(logits, dim=1)
        away[torch.arange(len(target), device=away.device), target] -= 1  # ∂ cross-entropy / ∂ logits
        place = place + step_size * torch.sign(away @ weight)
        place = torch.minimum(torch.maximum(place, centre - epsilon), centre + epsilon)
        if against == "decision":
            standing = standing & ((place @ weight.T + bias).argmax(dim=1) == target)
            held += standing
    return held if against == "label" else (held + 1).clamp(max=steps)


def _noise(centre: Float[Tensor, "b d"], *, epsilon: float, key: tuple[int, ...]) -> Float[Tensor, "b d"]:
    drawn = seeds.generator(*key, DRAW).uniform(-epsilon, epsilon, tuple(centre.shape)).astype(np.float32)
    return torch.from_numpy(drawn).to(centre.device)
