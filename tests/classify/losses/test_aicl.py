"""AICL against the formulas of its paper, written out pair by pair."""

import itertools
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from crackpipe.classify import attack_steps
from crackpipe.classify.attack_steps import Against, Attack, Start
from crackpipe.classify.losses import aicl
from crackpipe.classify.losses.aicl import AiclSettings, Level
from crackpipe.classify.losses.step import Step

SETTINGS = AiclSettings(
    weight=2.0,
    burn_in_epochs=10,
    steps=5,
    epsilon=0.102,
    step_size=0.01275,
    against="decision",
    start="features",
    level="distribution",
    pairs="neighbours",
    hinge=True,
    detach=True,
)


def literal_distribution(
    confidence: torch.Tensor, kappa: list[int], *, pairs: str, hinge: bool, detach: bool
) -> torch.Tensor:
    """Equation 7, group after group."""
    groups = [
        torch.stack([confidence[i] for i in range(len(kappa)) if kappa[i] == value]).mean()
        for value in range(max(kappa) + 1)
        if value in kappa
    ]
    total = confidence.new_zeros(())
    for m, n in itertools.combinations(range(len(groups)), 2):
        if pairs == "neighbours" and n != m + 1:
            continue
        difference = groups[m] - (groups[n].detach() if detach else groups[n])
        if not hinge or difference > 0:
            total = total + difference
    return total


def literal_sample(confidence: torch.Tensor, kappa: list[int]) -> torch.Tensor:
    """Equations 4 and 5, pair after pair."""
    terms = []
    for i, j in itertools.combinations(range(len(kappa)), 2):
        g = 1 if kappa[i] > kappa[j] else 0 if kappa[i] == kappa[j] else -1
        terms.append(torch.clamp(-g * (confidence[i] - confidence[j]), min=0))
    return torch.stack(terms).mean()


def value_and_gradient(make: Any, values: np.ndarray) -> tuple[float, np.ndarray]:
    given_values = torch.from_numpy(values.copy()).requires_grad_(True)
    found = make(given_values)
    (gradient,) = torch.autograd.grad(found, given_values, allow_unused=True)
    return float(found.detach()), np.zeros_like(values) if gradient is None else gradient.numpy()


@st.composite
def batches(draw: Any, *, least: int = 1) -> tuple[np.ndarray, list[int]]:
    """Confidences, and survived steps of which many values may not occur."""
    n = draw(st.integers(least, 20))
    random = np.random.default_rng(draw(st.integers(0, 10**6)))
    values = draw(st.lists(st.integers(0, 7), min_size=1, max_size=4))
    return random.uniform(0.5, 1, n), random.choice(values, n).tolist()


@settings(max_examples=40)
@given(batches(), st.sampled_from(["neighbours", "all"]), st.booleans(), st.booleans())
def test_distribution_guidance_and_its_gradient_equal_equation_7(
    batch: tuple[np.ndarray, list[int]], pairs: str, hinge: bool, detach: bool
) -> None:
    confidence, kappa = batch
    how: dict[str, Any] = {"pairs": pairs, "hinge": hinge, "detach": detach}
    found = value_and_gradient(lambda c: aicl.distribution_guidance(c, torch.tensor(kappa), **how), confidence)
    wanted = value_and_gradient(lambda c: literal_distribution(c, kappa, **how) + 0 * c.sum(), confidence)
    assert found[0] == pytest.approx(wanted[0], abs=1e-12)
    np.testing.assert_allclose(found[1], wanted[1], atol=1e-12)


@settings(max_examples=40)
@given(batches(least=2))
def test_sample_guidance_and_its_gradient_equal_equations_4_and_5(batch: tuple[np.ndarray, list[int]]) -> None:
    confidence, kappa = batch
    found = value_and_gradient(lambda c: aicl.sample_guidance(c, torch.tensor(kappa)), confidence)
    wanted = value_and_gradient(lambda c: literal_sample(c, kappa), confidence)
    assert found[0] == pytest.approx(wanted[0], abs=1e-12)
    np.testing.assert_allclose(found[1], wanted[1], atol=1e-12)


def test_two_groups_in_the_wrong_order_cost_their_gap_and_the_surer_one_has_no_gradient() -> None:
    confidence = torch.tensor([0.9, 0.9, 0.6, 0.8], requires_grad=True)
    found = aicl.distribution_guidance(
        confidence, torch.tensor([1, 1, 4, 4]), pairs="neighbours", hinge=True, detach=True
    )
    assert found.item() == pytest.approx(0.2)
    (gradient,) = torch.autograd.grad(found, confidence)
    assert gradient.tolist() == [0.5, 0.5, 0.0, 0.0]


@pytest.mark.parametrize("hinge", [True, False])
def test_one_group_has_nothing_to_be_compared_with(hinge: bool) -> None:
    confidence = torch.tensor([0.9, 0.6], requires_grad=True)
    kappa = torch.tensor([3, 3])
    assert aicl.distribution_guidance(confidence, kappa, pairs="all", hinge=hinge, detach=False).item() == 0
    assert aicl.sample_guidance(confidence, kappa).item() == 0
    assert aicl.sample_guidance(confidence[:1], kappa[:1]).item() == 0


@pytest.mark.parametrize("against", ["decision", "label"])
@pytest.mark.parametrize("start", ["features", "uniform"])
@pytest.mark.parametrize("level", ["distribution", "sample"])
@pytest.mark.parametrize("steps", [1, 5])
@pytest.mark.parametrize("classes", [2, 3])
def test_the_whole_loss_and_its_gradient_in_logits_equal_the_formulas(
    drawn: Any, against: Against, start: Start, level: Level, steps: int, classes: int
) -> None:
    batch = drawn(7, classes=classes)
    changed = replace(SETTINGS, against=against, start=start, level=level, steps=steps, epsilon=0.4, step_size=0.2)
    changed = replace(changed, hinge=False, pairs="all", detach=False)
    logits = batch.logits.detach().requires_grad_(True)
    found = aicl.aicl(batch.features, logits, batch.targets, batch.step(), settings=changed)
    (gradient,) = torch.autograd.grad(found, logits)
    kappa = attack_steps.survived(
        batch.features,
        batch.targets,
        weight=batch.final.weight,
        bias=batch.final.bias,
        key=(1, 20, 3),
        attack=Attack(steps, 0.4, 0.2, against, start),
    ).tolist()
    literal = batch.logits.detach().requires_grad_(True)
    p = literal.exp() / literal.exp().sum(dim=1, keepdim=True)
    entropy = -torch.stack([p[i, y].log() for i, y in enumerate(batch.targets.tolist())]).mean()
    confidence = torch.stack([row.max() for row in p])
    if level == "sample":
        guidance = literal_sample(confidence, kappa)
    else:
        guidance = literal_distribution(confidence, kappa, pairs="all", hinge=False, detach=False)
    wanted = entropy + 2.0 * guidance
    (expected,) = torch.autograd.grad(wanted, literal)
    assert found.item() == pytest.approx(wanted.item(), abs=1e-9)
    assert torch.allclose(gradient, expected, atol=1e-9)


def test_burn_in_is_cross_entropy_alone(drawn: Any) -> None:
    batch = drawn(1)
    changed = replace(SETTINGS, hinge=False, against="label")
    plain = torch.nn.functional.cross_entropy(batch.logits, batch.targets).item()
    values = [
        aicl.aicl(batch.features, batch.logits, batch.targets, batch.step(epoch), settings=changed).item()
        for epoch in (9, 10)
    ]
    assert values[0] == plain
    assert values[1] != pytest.approx(plain)


def test_with_two_classes_the_papers_steps_never_violate_the_order(drawn: Any) -> None:
    for seed in range(20):
        batch = drawn(seed, n=64)
        changed = replace(SETTINGS, step_size=0.1, epsilon=1.0)
        found = aicl.aicl(batch.features, batch.logits, batch.targets, batch.step(), settings=changed)
        assert found.item() == torch.nn.functional.cross_entropy(batch.logits, batch.targets).item()


def test_against_the_label_a_sure_mistake_is_made_less_sure() -> None:
    weight, bias = torch.tensor([[0.0], [1.0]]), torch.zeros(2)
    features = torch.tensor([[4.0], [0.5], [0.6]])
    targets = torch.tensor([0, 1, 1])
    logits = (features @ weight.T + bias).requires_grad_(True)
    changed = replace(SETTINGS, against="label")
    step = Step(20, 0, 0, weight, bias)
    found = aicl.aicl(features, logits, targets, step, settings=changed)
    plain = torch.nn.functional.cross_entropy(logits, targets)
    (gradient,) = torch.autograd.grad(found - plain, logits)
    assert found.item() > plain.item()
    assert gradient[0, 1].item() > 0  # descent lowers the wrong class of the mistake …
    assert gradient[1:].abs().max().item() == 0  # … and leaves the others alone
