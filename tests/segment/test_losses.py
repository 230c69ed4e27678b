"""Losses against their formulas on hand-drawn labels."""

import math

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor

from crackpipe.segment import losses

WEIGHTS = {"focal_weight": 1.0, "dice_weight": 1.0, "edge_weight": 1.0}


def picture(*rows: str) -> Tensor:
    """'#' is 1, '.' is 0; a batch of one."""
    return torch.tensor([[[float(sign == "#") for sign in row] for row in rows]])


BLOCK = picture(
    ".....",
    ".###.",
    ".###.",
    ".###.",
    ".....",
)


def test_focal_loss_is_its_formula() -> None:
    crack = torch.tensor([[[0.9, 0.2], [0.5, 0.7]]])
    label = torch.tensor([[[1.0, 0.0], [1.0, 0.0]]])
    true_class = [0.9, 0.8, 0.5, 0.3]
    wanted = sum(-((1 - p) ** 2) * math.log(p) for p in true_class) / 4
    assert float(losses.focal(crack, label)) == pytest.approx(wanted, rel=1e-5)


def test_focal_loss_without_focus_is_cross_entropy() -> None:
    crack = torch.tensor([[[0.9, 0.2], [0.5, 0.7]]])
    label = torch.tensor([[[1.0, 0.0], [1.0, 0.0]]])
    wanted = torch.nn.functional.binary_cross_entropy(crack, label)
    torch.testing.assert_close(losses.focal(crack, label, gamma=0.0), wanted)


def test_a_saturated_mistake_costs_much_but_not_infinity() -> None:
    assert float(losses.focal(torch.zeros(1, 2, 2), torch.ones(1, 2, 2))) == pytest.approx(-math.log(1e-6), rel=1e-3)


def test_dice_loss_is_its_formula_for_each_photograph() -> None:
    label = torch.cat([picture("##.", "...", "..."), picture("...", ".#.", "...")])
    crack = torch.cat([picture("#..", "#..", "..."), picture("...", ".#.", "...")]) * 0.5
    first = 1 - (2 * 0.5 + 1) / (1.0 + 2 + 1)
    second = 1 - (2 * 0.5 + 1) / (0.5 + 1 + 1)
    assert float(losses.dice(crack, label)) == pytest.approx((first + second) / 2)


@pytest.mark.parametrize(("p", "wanted"), [(0.5, 0.2), (0.9, 1 - 1.8 / 1.81), (0.0, 1.0), (1.0, 0.0)])
def test_squared_dice_loss_is_the_papers(p: float, wanted: float) -> None:
    """1 − 2 Σ p y / (Σ p² + Σ y²), of a crack that fills the photograph."""
    assert float(losses.dice(torch.full((2, 4, 4), p), torch.ones(2, 4, 4), kind="squared")) == pytest.approx(
        wanted, abs=1e-6
    )


def test_focal_loss_has_the_papers_factor_and_focus() -> None:
    crack = torch.tensor([[[0.8, 0.3]]])
    label = torch.tensor([[[1.0, 0.0]]])
    wanted = -0.25 * (0.2**3 * np.log(0.8) + 0.3**3 * np.log(0.7)) / 2
    assert float(losses.focal(crack, label, alpha=0.25, gamma=3.0)) == pytest.approx(wanted)


def test_dice_loss_of_an_empty_label_and_an_empty_prediction_is_nothing() -> None:
    assert float(losses.dice(torch.zeros(1, 3, 3), torch.zeros(1, 3, 3))) == 0


def test_the_edge_of_a_block_is_its_ring() -> None:
    ring = picture(
        ".....",
        ".###.",
        ".#.#.",
        ".###.",
        ".....",
    )
    assert torch.equal(losses.label_edges(BLOCK), ring)


def test_a_diagonal_neighbour_outside_makes_an_edge() -> None:
    notched = picture(
        "####",
        "####",
        "##..",
    )
    edges = picture(
        "....",
        ".###",
        ".#..",
    )
    assert torch.equal(losses.label_edges(notched), edges)


def test_the_border_of_the_photograph_is_no_edge() -> None:
    assert losses.label_edges(torch.ones(1, 3, 3)).sum() == 0
    assert torch.equal(losses.label_edges(picture("##.", "##.", "##.")), picture(".#.", ".#.", ".#."))


def test_edge_loss_is_the_share_of_edge_pixels_that_is_missed() -> None:
    crack = BLOCK.clone()
    crack[0, 1] = 0  # three of the ring's eight pixels
    crack[0, 2, 1] = 0.5
    assert float(losses.edge(crack, BLOCK)) == pytest.approx(1 - 4.5 / 8)
    assert float(losses.edge(BLOCK, BLOCK)) == 0


def test_edge_loss_counts_the_edges_of_the_whole_batch() -> None:
    label = torch.cat([BLOCK, torch.zeros(1, 5, 5)])
    assert float(losses.edge(0.25 * label, label)) == pytest.approx(0.75)


@pytest.mark.parametrize("label", [torch.zeros(1, 3, 3), torch.ones(1, 3, 3)])
def test_a_label_without_an_edge_has_no_edge_loss_and_no_gradient(label: Tensor) -> None:
    crack = torch.full((1, 3, 3), 0.3, requires_grad=True)
    value = losses.edge(crack, label)
    value.backward()
    assert value.detach() == 0
    assert crack.grad is not None
    assert torch.equal(crack.grad, torch.zeros(1, 3, 3))


def test_the_stages_losses_are_weighted_and_summed() -> None:
    maps = [0.1 + 0.8 * BLOCK, torch.full((1, 5, 5), 0.4)]
    found = losses.adapter_loss(maps, BLOCK, focal_weight=2.0, dice_weight=0.5, edge_weight=3.0)
    wanted = sum(
        2.0 * losses.focal(crack, BLOCK) + 0.5 * losses.dice(crack, BLOCK) + 3.0 * losses.edge(crack, BLOCK)
        for crack in maps
    )
    torch.testing.assert_close(found, torch.as_tensor(wanted))


@given(level=st.floats(0, 1, width=32), rows=st.integers(1, 6), cols=st.integers(1, 6), seed=st.integers(0, 99))
def test_no_loss_is_negative_or_undefined(level: float, rows: int, cols: int, seed: int) -> None:
    label = (torch.rand(1, rows, cols, generator=torch.Generator().manual_seed(seed)) > 0.5).float()
    crack = torch.full((1, rows, cols), level)
    value = float(losses.adapter_loss([crack], label, **WEIGHTS))
    assert math.isfinite(value)
    assert value >= -1e-6


def test_the_right_answer_costs_less_than_its_opposite() -> None:
    assert losses.adapter_loss([BLOCK], BLOCK, **WEIGHTS) < 0.01
    assert losses.adapter_loss([1 - BLOCK], BLOCK, **WEIGHTS) > 1


LOGITS = torch.tensor([[[2.0, -1.0], [0.0, 0.5]]])
SHARES = torch.tensor([[[1.0, 0.0], [0.25, 0.75]]])


def cross_entropy_dice_by_hand(logits: Tensor, target: Tensor) -> float:
    """Cross-entropy and dice in plain numbers, one photograph."""
    pairs = list(zip(logits.flatten().tolist(), target.flatten().tolist(), strict=True))
    cracks = [1 / (1 + math.exp(-logit)) for logit, _ in pairs]
    entropies = [
        -(share * math.log(p) + (1 - share) * math.log(1 - p)) for p, (_, share) in zip(cracks, pairs, strict=True)
    ]
    both = sum(p * share for p, (_, share) in zip(cracks, pairs, strict=True))
    dice = 1 - (2 * both + 1) / (sum(cracks) + sum(share for _, share in pairs) + 1)
    return sum(entropies) / len(entropies) + dice


def test_cross_entropy_and_dice_take_shares() -> None:
    assert float(losses.pixel_loss(LOGITS, SHARES, kind="bce_dice")) == pytest.approx(
        cross_entropy_dice_by_hand(LOGITS, SHARES), rel=1e-5
    )


def test_cross_entropy_alone_is_torchs() -> None:
    wanted = torch.nn.functional.binary_cross_entropy_with_logits(LOGITS, SHARES)
    assert float(losses.pixel_loss(LOGITS, SHARES, kind="bce")) == float(wanted)
    assert float(losses.deep_supervision([LOGITS, LOGITS], SHARES, kind="bce")) == pytest.approx(2 * float(wanted))


def test_cross_entropy_and_dice_of_a_batch_are_the_mean_of_its_photographs() -> None:
    logits, target = torch.cat([LOGITS, -LOGITS]), torch.cat([SHARES, SHARES])
    wanted = (cross_entropy_dice_by_hand(LOGITS, SHARES) + cross_entropy_dice_by_hand(-LOGITS, SHARES)) / 2
    assert float(losses.pixel_loss(logits, target, kind="bce_dice")) == pytest.approx(wanted, rel=1e-5)


def test_a_certain_mistake_costs_much_but_no_infinity() -> None:
    logits = torch.full((1, 2, 2), -1e4, requires_grad=True)
    value = losses.pixel_loss(logits, torch.ones(1, 2, 2), kind="bce_dice")
    value.backward()
    assert math.isfinite(float(value.detach()))
    assert value.detach() > 1e3
    assert logits.grad is not None
    assert torch.isfinite(logits.grad).all()


def test_deep_supervision_sums_the_outputs() -> None:
    outputs = [LOGITS, torch.zeros_like(LOGITS), -LOGITS]
    wanted = sum(cross_entropy_dice_by_hand(logits, SHARES) for logits in outputs)
    assert float(losses.deep_supervision(outputs, SHARES)) == pytest.approx(wanted, rel=1e-5)
    assert float(losses.deep_supervision([LOGITS], SHARES)) == pytest.approx(
        cross_entropy_dice_by_hand(LOGITS, SHARES), rel=1e-5
    )


def test_outputs_of_half_precision_are_scored_in_single_precision() -> None:
    found = losses.deep_supervision([LOGITS.to(torch.bfloat16)], SHARES)  # these logits are exact in bfloat16
    assert found.dtype == torch.float32
    torch.testing.assert_close(found, losses.deep_supervision([LOGITS], SHARES))


def test_each_output_is_pulled_towards_the_target() -> None:
    outputs = [torch.zeros(1, 2, 2, requires_grad=True) for _ in range(2)]
    losses.deep_supervision(outputs, torch.tensor([[[1.0, 0.0], [1.0, 0.0]]])).backward()
    for logits in outputs:
        assert logits.grad is not None
        assert torch.equal(logits.grad < 0, torch.tensor([[[True, False], [True, False]]]))


@pytest.mark.parametrize("kind", ["bce", "bce_dice"])
def test_pixels_that_are_uncertain_count_nothing(kind: losses.PixelLoss) -> None:
    logits = torch.tensor([[[2.0, -3.0, 0.7, 5.0]]], requires_grad=True)
    target = torch.tensor([[[1.0, 0.0, 0.45, 0.6]]])
    left = losses.pixel_loss(logits, target, kind=kind, uncertain=0.2)
    left.backward()
    assert logits.grad is not None
    assert logits.grad[0, 0, 2:].tolist() == [0, 0]
    assert logits.grad[0, 0, :2].abs().min() > 0
    alone = losses.pixel_loss(logits[..., :2], target[..., :2], kind=kind)
    assert float(left.detach()) == pytest.approx(float(alone.detach()), rel=1e-6)
    nothing = losses.pixel_loss(logits, torch.full((1, 1, 4), 0.5), kind="bce", uncertain=0.2)
    assert float(nothing.detach()) == 0
