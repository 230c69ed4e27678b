"""Attack-inspired calibration loss (AICL): decisions that survive a longer attack are to have a higher confidence."""

from dataclasses import dataclass
from typing import Literal

import torch
from jaxtyping import Float, Int
from torch import Tensor
from torch.nn import functional as F

from crackpipe.classify import attack_steps
from crackpipe.classify.attack_steps import Attack
from crackpipe.classify.losses.step import Step

Level = Literal["distribution", "sample"]
Pairs = Literal["neighbours", "all"]


@dataclass(frozen=True, slots=True)
class AiclSettings:
    """Settings of :func:`aicl`.

    Attributes:
        weight: λ.
        burn_in_epochs: epochs of cross-entropy alone.
        steps, epsilon, step_size, against, start: of the attack; see :class:`crackpipe.classify.attack_steps.Attack`.
        level: ``distribution`` compares the groups' means, ``sample`` (the ablation) single decisions.
        pairs, hinge, detach: see :func:`distribution_guidance`; unused where ``level`` is ``sample``.
    """

    weight: float
    burn_in_epochs: int
    steps: int
    epsilon: float
    step_size: float
    against: attack_steps.Against
    start: attack_steps.Start
    level: Level
    pairs: Pairs
    hinge: bool
    detach: bool

    def attack(self) -> Attack:
        """Return the attack that sorts decisions into groups."""
        return Attack(self.steps, self.epsilon, self.step_size, self.against, self.start)


def aicl(
    features: Float[Tensor, "b d"],
    logits: Float[Tensor, "b k"],
    targets: Int[Tensor, "b"],
    step: Step,
    *,
    settings: AiclSettings,
) -> Float[Tensor, ""]:
    """Cross-entropy, and after the burn-in ``CE + λ L`` with L from the order of confidences (equation 8).

    Chen et al., "Attack-inspired Calibration Loss for Calibrating Crack Recognition" (AAAI 2025). L is
    :func:`distribution_guidance` or :func:`sample_guidance` of the largest softmax outputs, grouped by the attack steps
    that each decision survives; see :func:`crackpipe.classify.attack_steps.survived`.

    With two classes, ``against="decision"`` and ``start="features"``, κ grows with the margin, as confidence does: no
    order is ever violated, and a hinge leaves the cross-entropy alone. ``against="label"`` puts wrong decisions into
    the group 0, however sure they are: the hinge then acts on sure mistakes.

    Args:
        features: (b, d) inputs of the final layer.
        logits: (b, k) of the final layer.
        targets: (b,) true classes 0 … k−1.
        step: of the training.
        settings: weight, burn-in, attack and guidance.
    """
    base = F.cross_entropy(logits, targets)
    if step.epoch < settings.burn_in_epochs:
        return base
    kappa = attack_steps.survived(
        features,
        targets,
        weight=step.weight,
        bias=step.bias,
        attack=settings.attack(),
        key=(step.seed, step.epoch, step.batch),
    )
    confidence = F.softmax(logits, dim=1).amax(dim=1)
    if settings.level == "sample":
        return base + settings.weight * sample_guidance(confidence, kappa)
    return base + settings.weight * distribution_guidance(
        confidence, kappa, pairs=settings.pairs, hinge=settings.hinge, detach=settings.detach
    )


def distribution_guidance(
    confidence: Float[Tensor, "b"], kappa: Int[Tensor, "b"], *, pairs: Pairs, hinge: bool, detach: bool
) -> Float[Tensor, ""]:
    """``Σ mean(conf | κ = m) − mean(conf | κ = n)`` over pairs m < n of the values of κ that occur (equation 7).

    Args:
        confidence: (b,) largest softmax outputs, in (0, 1].
        kappa: (b,) attack steps that each decision survives.
        pairs: ``all`` (the paper), or ``neighbours`` in order of κ (the authors' code).
        hinge: take ``max(0, difference)`` (the authors' code); without it (the paper) ever wider gaps lower the loss.
        detach: no gradient through the group that survived longer (the authors' code).
    """
    _, group = torch.unique(kappa, return_inverse=True)
    members = F.one_hot(group).to(confidence.dtype)
    means = members.T @ confidence / members.sum(dim=0)
    longer = means.detach() if detach else means
    excess = means[:, None] - longer[None, :]
    excess = F.relu(excess) if hinge else excess
    wanted = torch.ones_like(excess, dtype=torch.bool).triu(1)
    if pairs == "neighbours":
        wanted = wanted.tril(1)
    return torch.where(wanted, excess, 0.0).sum()


def sample_guidance(confidence: Float[Tensor, "b"], kappa: Int[Tensor, "b"]) -> Float[Tensor, ""]:
    """Mean over pairs i < j of ``max(0, −sign(κ_i − κ_j) · (conf_i − conf_j))`` (equations 4 and 5).

    That a batch is the mean over its pairs is our reading: the paper writes one pair.

    Args:
        confidence, kappa: see :func:`distribution_guidance`; a batch of one has no pair and costs 0.
    """
    if len(confidence) < 2:
        return confidence.sum() * 0
    order = torch.sign(kappa[:, None] - kappa[None, :])
    violated = F.relu(-order * (confidence[:, None] - confidence[None, :]))
    first, second = torch.triu_indices(len(kappa), len(kappa), offset=1, device=kappa.device)
    return violated[first, second].mean()
