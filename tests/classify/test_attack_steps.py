"""The attack on features against a literal one: one sample at a time, gradients by autograd."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn

from crackpipe.classify import attack_steps
from crackpipe.classify.attack_steps import Against, Attack, Start
from crackpipe.compute import seeds

PAPER = Attack(steps=5, epsilon=0.102, step_size=0.01275, against="decision", start="features")


def layer(seed: int, *, classes: int = 2, width: int = 8, scale: float = 1.0) -> nn.Linear:
    torch.manual_seed(seed)
    made = nn.Linear(width, classes)
    with torch.no_grad():
        made.weight.mul_(scale)
    return made


def literal(
    features: torch.Tensor, labels: torch.Tensor, final: nn.Linear, key: tuple[int, ...], attack: Attack
) -> list[int]:
    """Algorithm 1, or the variant against the label, written out for one sample after the other."""
    epsilon = attack.epsilon
    noise = (
        seeds.generator(*key, attack_steps.DRAW).uniform(-epsilon, epsilon, tuple(features.shape)).astype(np.float32)
    )
    found = []
    for index in range(len(features)):
        z, label = features[index].clone(), int(labels[index])
        decided = int(final(z).argmax())
        target = decided if attack.against == "decision" else label
        point = z + torch.from_numpy(noise[index]) if attack.start == "uniform" else z.clone()
        kappa = 0
        for number in range(1, attack.steps + 1):
            if attack.against == "label" and int(final(point).argmax()) == label:
                kappa += 1
            leaf = point.clone().requires_grad_(True)
            loss = nn.functional.cross_entropy(final(leaf)[None], torch.tensor([target]))
            (gradient,) = torch.autograd.grad(loss, leaf)
            point = point + attack.step_size * gradient.sign()
            point = torch.minimum(torch.maximum(point, z - epsilon), z + epsilon)
            if attack.against == "decision":
                kappa = number
                if int(final(point).argmax()) != decided:
                    break
        found.append(kappa)
    return found


@settings(max_examples=30)
@given(
    seed=st.integers(0, 10**6),
    classes=st.integers(2, 4),
    steps=st.integers(1, 7),
    against=st.sampled_from(["decision", "label"]),
    start=st.sampled_from(["features", "uniform"]),
    epsilon=st.sampled_from([0.02, 0.102]),
)
def test_steps_equal_a_literal_attack(
    seed: int, classes: int, steps: int, against: Against, start: Start, epsilon: float
) -> None:
    final = layer(seed, classes=classes).requires_grad_(False)
    features = torch.from_numpy(np.random.default_rng(seed).normal(0, 0.3, (9, 8)).astype(np.float32))
    labels = torch.from_numpy(np.random.default_rng(seed + 1).integers(0, classes, 9))
    attack = Attack(steps=steps, epsilon=epsilon, step_size=0.025, against=against, start=start)
    found = attack_steps.survived(features, labels, weight=final.weight, bias=final.bias, key=(seed, 0), attack=attack)
    assert found.tolist() == literal(features, labels, final, (seed, 0), attack)


def test_a_decision_far_from_the_boundary_survives_all_steps_and_one_on_it_one() -> None:
    weight, bias = torch.tensor([[0.0, 0.0], [1.0, 1.0]]), torch.zeros(2)
    features = torch.tensor([[9.0, 9.0], [0.001, 0.0], [0.02, 0.02], [-0.03, -0.03]])
    found = attack_steps.survived(features, torch.zeros(4).long(), weight=weight, bias=bias, key=(0,), attack=PAPER)
    assert found.tolist() == [5, 1, 2, 3]  # a step moves the margin by 2 · 0.01275


def test_a_wrong_decision_survives_no_check_against_its_label() -> None:
    weight, bias = torch.tensor([[0.0, 0.0], [1.0, 1.0]]), torch.zeros(2)
    attack = replace(PAPER, against="label")
    features = torch.tensor([[9.0, 9.0], [9.0, 9.0], [0.02, 0.02]])
    found = attack_steps.survived(features, torch.tensor([0, 1, 1]), weight=weight, bias=bias, key=(0,), attack=attack)
    assert found.tolist() == [0, 5, 2]


def test_the_box_ends_an_attack_that_would_have_gone_further() -> None:
    weight, bias = torch.tensor([[0.0], [1.0]]), torch.zeros(2)
    near = replace(PAPER, step_size=0.05, epsilon=0.06)
    found = attack_steps.survived(
        torch.tensor([[0.07]]), torch.tensor([1]), weight=weight, bias=bias, key=(0,), attack=near
    )
    assert found.tolist() == [5]
    wide = attack_steps.survived(
        torch.tensor([[0.07]]), torch.tensor([1]), weight=weight, bias=bias, key=(0,), attack=replace(near, epsilon=1.0)
    )
    assert wide.tolist() == [2]


@pytest.mark.parametrize("against", ["decision", "label"])
def test_nothing_is_left_in_the_graph_or_in_the_layer_and_inputs_stay(against: Against) -> None:
    final = layer(3)
    features = torch.randn(16, 8, requires_grad=True)
    before = features.detach().clone()
    attack = replace(PAPER, against=against, start="uniform")
    found = attack_steps.survived(
        features, torch.zeros(16).long(), weight=final.weight, bias=final.bias, key=(1,), attack=attack
    )
    assert not found.requires_grad
    assert features.grad is final.weight.grad is final.bias.grad is None
    assert torch.equal(features.detach(), before)


def test_a_drawn_start_is_the_same_for_the_same_key_and_another_for_another() -> None:
    final, features = layer(5, scale=2.0), torch.randn(200, 8) * 0.05
    attack = replace(PAPER, start="uniform")

    def run(key: tuple[int, ...]) -> list[int]:
        labels = torch.zeros(200).long()
        return attack_steps.survived(
            features, labels, weight=final.weight, bias=final.bias, key=key, attack=attack
        ).tolist()

    assert run((0, 1)) == run((0, 1)) != run((0, 2))
