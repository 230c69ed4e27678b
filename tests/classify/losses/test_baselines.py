"""Each loss that AICL is compared with against its formula, written out patch by patch: value and gradient."""

import math
from collections.abc import Callable
from typing import Any

import pytest
import torch

from crackpipe.classify.losses import ar_adals, dece
from crackpipe.classify.losses.catalogue import LOSSES, build
from crackpipe.classify.losses.step import HeldOut, Step

Literal = Callable[[torch.Tensor, int], torch.Tensor]


def cross_entropy(p: torch.Tensor, y: int) -> torch.Tensor:
    return -torch.log(p[y])


def label_smoothing(p: torch.Tensor, y: int) -> torch.Tensor:
    k, alpha = len(p), 0.1
    return -sum(((1 - alpha) * (j == y) + alpha / k) * torch.log(p[j]) for j in range(k))  # type: ignore[return-value]


def flsd(p: torch.Tensor, y: int) -> torch.Tensor:
    gamma = 5 if p[y] < 0.2 else 3
    return -((1 - p[y]) ** gamma) * torch.log(p[y])


def dual_focal(p: torch.Tensor, y: int) -> torch.Tensor:
    below = [p[j] for j in range(len(p)) if p[j] < p[y]]
    runner_up = max(below) if below else torch.zeros((), dtype=p.dtype)
    return -((1 - p[y] + runner_up) ** 5) * torch.log(p[y])


def mbls(p: torch.Tensor, y: int) -> torch.Tensor:
    logits = torch.log(p)  # differences of logits are those of log probabilities
    over = [torch.clamp(logits.max() - one - 1.5, min=0) for one in logits]
    return -torch.log(p[y]) + 0.1 * sum(over) / len(p)  # type: ignore[no-any-return]


SETTINGS: dict[str, tuple[Literal, dict[str, Any]]] = {
    "cross_entropy": (cross_entropy, {}),
    "label_smoothing": (label_smoothing, {"alpha": 0.1}),
    "flsd": (flsd, {"gamma_unsure": 5.0, "gamma_sure": 3.0, "sure_from": 0.2}),
    "dual_focal": (dual_focal, {"gamma": 5.0}),
    "mbls": (mbls, {"margin": 1.5, "weight": 0.1}),
}


@pytest.mark.parametrize("name", SETTINGS)
@pytest.mark.parametrize("classes", [2, 4])
def test_value_and_gradient_equal_the_formula(drawn: Any, name: str, classes: int) -> None:
    batch = drawn(classes, classes=classes)
    literal, settings = SETTINGS[name]
    logits = batch.logits.detach().requires_grad_(True)
    found = build(name, settings)(batch.features, logits, batch.targets, batch.step())
    (gradient,) = torch.autograd.grad(found, logits)
    other = batch.logits.detach().requires_grad_(True)
    p = other.exp() / other.exp().sum(dim=1, keepdim=True)
    wanted = torch.stack([literal(row, int(y)) for row, y in zip(p, batch.targets, strict=True)]).mean()
    (expected,) = torch.autograd.grad(wanted, other)
    assert found.shape == ()
    assert found.item() == pytest.approx(wanted.item(), abs=1e-9)
    assert torch.allclose(gradient, expected, atol=1e-9)


def literal_soft_ece(p: torch.Tensor, targets: list[int], bins: int) -> torch.Tensor:
    """Section 3 of Bohdal et al., patch by patch and bin by bin."""
    right, shares = [], []
    for row, y in zip(p, targets, strict=True):
        rank = 1 + sum(1 / (1 + torch.exp(-100 * (row[j] - row[y]))) for j in range(len(row)) if j != y)
        right.append(torch.clamp(2 - rank, min=0))
        scores = [(row.max() * m - sum(i / bins for i in range(m))) / 0.01 for m in range(1, bins + 1)]
        most = max(scores)
        weights = [torch.exp(score - most) for score in scores]
        shares.append([weight / sum(weights) for weight in weights])
    total = p.new_zeros(())
    for m in range(bins):
        count = sum(share[m] for share in shares)
        accuracy = sum(share[m] * one for share, one in zip(shares, right, strict=True)) / (count + 1e-8)
        confidence = sum(share[m] * row.max() for share, row in zip(shares, p, strict=True)) / (count + 1e-8)
        total = total + count / len(p) * abs(accuracy - confidence)
    return total


@pytest.mark.parametrize("classes", [2, 3])
def test_dece_and_its_gradient_equal_the_formula(drawn: Any, classes: int) -> None:
    batch = drawn(5, n=12, classes=classes)
    settings = {"weight": 0.7, "bins": 15, "sharpness": 100.0, "bin_temperature": 0.01}
    logits = batch.logits.detach().requires_grad_(True)
    found = build("dece", settings)(batch.features, logits, batch.targets, batch.step())
    (gradient,) = torch.autograd.grad(found, logits)
    other = batch.logits.detach().requires_grad_(True)
    p = other.exp() / other.exp().sum(dim=1, keepdim=True)
    entropy = -torch.stack([row[int(y)].log() for row, y in zip(p, batch.targets, strict=True)]).mean()
    wanted = entropy + 0.7 * literal_soft_ece(p, batch.targets.tolist(), 15)
    (expected,) = torch.autograd.grad(wanted, other)
    assert found.item() == pytest.approx(wanted.item(), abs=1e-9)
    assert torch.allclose(gradient, expected, atol=1e-7)


def test_the_soft_calibration_error_of_clear_bins_is_the_hard_one() -> None:
    p = torch.tensor([[0.1, 0.9], [0.1, 0.9], [0.7, 0.3], [0.7, 0.3]]).double()
    found = dece.soft_ece(p.log(), torch.tensor([1, 0, 0, 0]), bins=10, sharpness=1000.0, bin_temperature=1e-4)
    assert found.item() == pytest.approx(0.5 * abs(0.5 - 0.9) + 0.5 * abs(1 - 0.7), abs=1e-6)


def test_acent_equals_its_formula_with_the_attack_by_autograd(drawn: Any) -> None:
    batch = drawn(3, classes=3)
    settings = {"weight": 0.3, "epsilon": 0.2, "steps": 4}
    found = build("acent", settings)(batch.features, batch.logits, batch.targets, batch.step())
    (gradient,) = torch.autograd.grad(found, batch.features)
    weight, bias = batch.final.weight.detach(), batch.final.bias.detach()
    delta = torch.zeros_like(batch.features)
    for _ in range(4):
        point = (batch.features.detach() + delta).requires_grad_(True)
        loss = torch.nn.functional.cross_entropy(point @ weight.T + bias, batch.targets)
        (ascent,) = torch.autograd.grad(loss, point)
        delta = (delta + 2.5 * 0.2 / 4 * ascent.sign()).clamp(-0.2, 0.2)
    p = torch.softmax((batch.features + delta.detach()) @ weight.T + bias, dim=1)
    entropy = torch.stack([-(row * row.log()).sum() for row in p]).mean()
    wanted = torch.nn.functional.cross_entropy(batch.logits, batch.targets) - 0.3 * entropy
    (expected,) = torch.autograd.grad(wanted, batch.features)
    assert found.item() == pytest.approx(wanted.item(), abs=1e-9)
    assert torch.allclose(gradient, expected, atol=1e-9)


def test_acent_leaves_the_final_layer_to_cross_entropy(drawn: Any) -> None:
    batch = drawn(4)
    settings = {"weight": 0.3, "epsilon": 0.2, "steps": 4}
    found = build("acent", settings)(batch.features, batch.logits, batch.targets, batch.step())
    plain = torch.nn.functional.cross_entropy(batch.logits, batch.targets)
    (own,) = torch.autograd.grad(found, batch.final.weight)
    (expected,) = torch.autograd.grad(plain, batch.final.weight)
    assert torch.allclose(own, expected)


def held_out(confidence: list[float], right: list[bool]) -> HeldOut:
    """Four validation patches, the first two the nearest to a boundary."""
    return HeldOut(torch.tensor([0.1, 0.2, 3.0, 4.0]), torch.tensor(confidence), torch.tensor(right))


def test_labels_are_smoothed_where_validation_was_too_sure() -> None:
    sure = held_out([0.9, 0.9, 0.8, 0.8], [True, False, True, True])
    found = ar_adals.smoothing((sure,), subsets=2, rate=0.5, classes=2)
    assert found.tolist() == pytest.approx([0.5 * (0.9 - 0.5), 0.0])  # the sure half was right more often than it said
    twice = ar_adals.smoothing((sure, sure), subsets=2, rate=0.5, classes=2)
    assert twice.tolist() == pytest.approx([0.4, 0.0])
    assert ar_adals.smoothing((sure,) * 9, subsets=2, rate=0.5, classes=2).tolist() == pytest.approx([0.5, 0.0])
    assert ar_adals.smoothing((), subsets=3, rate=0.5, classes=2).tolist() == [0, 0, 0]


def test_ar_adals_smooths_the_label_of_the_patch_that_is_easily_overturned() -> None:
    weight = torch.tensor([[0.0], [1.0]])
    logits = torch.tensor([[0.0, 5.0], [0.0, 0.5]])
    targets = torch.tensor([1, 1])
    sure = held_out([0.9, 0.9, 0.8, 0.8], [True, False, True, True])
    step = Step(1, 0, 0, weight, torch.zeros(2), (sure,))
    found = build("ar_adals", {"subsets": 2, "rate": 0.5})(torch.zeros(2, 1), logits, targets, step)
    first = math.log(1 + math.exp(-5.0))
    second = 0.9 * math.log(1 + math.exp(-0.5)) + 0.1 * math.log(1 + math.exp(0.5))
    assert found.item() == pytest.approx((first + second) / 2, abs=1e-6)


def test_before_the_first_validation_ar_adals_is_cross_entropy(drawn: Any) -> None:
    batch = drawn(9)
    found = build("ar_adals", {"subsets": 4, "rate": 0.5})(batch.features, batch.logits, batch.targets, batch.step())
    plain = torch.nn.functional.cross_entropy(batch.logits, batch.targets)
    assert found.item() == pytest.approx(plain.item())


def test_the_distance_to_a_boundary_is_euclidean() -> None:
    weight = torch.tensor([[0.0, 0.0], [3.0, 4.0], [0.0, 100.0]])
    found = ar_adals.distance(torch.tensor([[0.0, 10.0, -1000.0], [2.0, 2.0, -1000.0]]), weight=weight)
    assert found.tolist() == pytest.approx([2.0, 0.0])


def test_a_loss_that_there_is_not_cannot_be_chosen() -> None:
    from crackpipe.params import losses

    assert set(losses.LOSSES) == set(LOSSES) == set(losses.Losses.model_fields)
