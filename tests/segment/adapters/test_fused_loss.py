"""The compiled loss of token grids against the formulas on upsampled maps."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor

from crackpipe.segment import losses
from crackpipe.segment.adapters import fused_loss
from crackpipe.segment.adapters.fused_loss import LossSettings
from crackpipe.segment.adapters.network import combined, upsampled

WEIGHTS = {"focal_weight": 1.0, "dice_weight": 0.7, "edge_weight": 1.3}
PLAIN = LossSettings(**WEIGHTS, focal_alpha=1.0, focal_gamma=2.0, dice="plain", loss_on="stages")
SQUARED = replace(PLAIN, dice="squared", focal_alpha=0.6)
LINE = torch.zeros(2, 24, 36)
LINE[0, 9:13, 4:30] = 1


def reference(grids: list[Tensor], label: Tensor, settings: LossSettings = PLAIN) -> tuple[float, list[Tensor]]:
    """Value and gradients in float64, through maps of the photograph's size."""
    wide = [grid.detach().double().requires_grad_() for grid in grids]
    height, width = label.shape[1:]
    maps = [torch.sigmoid(upsampled(grid, height=height, width=width)) for grid in wide]
    focal = {"focal_alpha": settings.focal_alpha, "focal_gamma": settings.focal_gamma}
    value = losses.adapter_loss(maps, label.double(), **WEIGHTS, **focal, dice_kind=settings.dice)
    return float(value.detach()), list(torch.autograd.grad(value, wide))


def compiled(grids: list[Tensor], label: Tensor, settings: LossSettings = PLAIN) -> tuple[float, list[Tensor]]:
    leaves = [grid.clone().requires_grad_() for grid in grids]
    value = fused_loss.adapter_loss(leaves, label, settings=settings)
    return float(value.detach()), list(torch.autograd.grad(value, leaves))


def draw(seed: int, *shapes: tuple[int, ...], spread: float) -> list[Tensor]:
    rng = np.random.default_rng(seed)
    return [torch.from_numpy(rng.normal(0, spread, shape).astype(np.float32)) for shape in shapes]


@given(
    seed=st.integers(0, 999),
    rows=st.integers(1, 9),
    cols=st.integers(1, 9),
    height=st.integers(1, 20),
    width=st.integers(1, 20),
    spread=st.sampled_from([0.1, 3.0, 40.0]),
    share=st.sampled_from([0.0, 0.3, 1.0]),
    settings=st.sampled_from([PLAIN, SQUARED, replace(SQUARED, focal_gamma=3.0)]),
)
def test_value_and_gradient_are_those_of_the_upsampled_maps(
    seed: int, rows: int, cols: int, height: int, width: int, spread: float, share: float, settings: LossSettings
) -> None:
    grids = draw(seed, (2, rows, cols), (2, cols, rows), spread=spread)
    label = torch.from_numpy((np.random.default_rng(seed).random((2, height, width)) < share).astype(np.float32))
    (wanted, slopes), (value, found) = reference(grids, label, settings), compiled(grids, label, settings)
    assert value == pytest.approx(wanted, rel=1e-5, abs=1e-6)
    for one, other in zip(found, slopes, strict=True):
        torch.testing.assert_close(one.double(), other, rtol=1e-4, atol=1e-6)


def test_grids_of_each_stage_may_have_a_size_of_their_own() -> None:
    grids = draw(0, (2, 6, 9), (2, 3, 4), (2, 1, 1), spread=2.0)
    (wanted, slopes), (value, found) = reference(grids, LINE), compiled(grids, LINE)
    assert value == pytest.approx(wanted, rel=1e-6)
    for one, other in zip(found, slopes, strict=True):
        torch.testing.assert_close(one.double(), other, rtol=1e-4, atol=1e-7)


def test_the_loss_may_be_that_of_the_map_which_the_stages_make_and_pulls_sure_mistakes_down() -> None:
    grids = draw(1, (2, 6, 9), (2, 3, 4), spread=2.0)
    maps = [torch.sigmoid(upsampled(grid, height=24, width=36)) for grid in grids]
    wanted = losses.adapter_loss([combined(maps, combine="mean")], LINE, **WEIGHTS)
    value, _ = compiled(grids, LINE, replace(PLAIN, loss_on="map"))
    assert value == pytest.approx(float(wanted))
    sure = [torch.full((2, 6, 9), 2.0), torch.full((2, 3, 4), 2.0)]  # of a crack, in each stage, where there is none
    _, slopes = compiled(sure, torch.zeros(2, 24, 36), replace(PLAIN, loss_on="map"))
    assert all((slope > 0).all() for slope in slopes)


def test_a_certain_mistake_has_a_finite_cost_and_pulls_no_more() -> None:
    (value, (slope,)) = compiled([torch.full((1, 2, 2), -300.0)], torch.ones(1, 4, 4))
    assert value == pytest.approx(-np.log(1e-6) + 0.7 * (1 - 1 / 17), rel=1e-4)
    assert slope.abs().max() < 1e-30


def test_a_label_without_a_crack_has_no_edge_loss() -> None:
    value, _ = compiled([torch.full((1, 2, 2), -300.0)], torch.zeros(1, 4, 4))
    assert value == pytest.approx(0.0, abs=1e-6)


def test_gradients_are_scaled_by_what_lies_above_the_loss() -> None:
    (grid,) = draw(3, (2, 6, 9), spread=2.0)
    _, (once,) = compiled([grid], LINE)
    leaf = grid.clone().requires_grad_()
    (3 * fused_loss.adapter_loss([leaf], LINE, settings=PLAIN)).backward()
    assert leaf.grad is not None
    torch.testing.assert_close(leaf.grad, 3 * once)


def test_equal_grids_give_equal_bits_with_any_number_of_threads() -> None:
    grids = draw(5, (2, 6, 9), (2, 3, 5), spread=2.0)
    threads = torch.get_num_threads()
    try:
        found = []
        for number in (1, 2):
            torch.set_num_threads(number)
            found.append(compiled(grids, LINE))
    finally:
        torch.set_num_threads(threads)
    (first, slopes), (second, others) = found
    assert first == second
    assert all(torch.equal(one, other) for one, other in zip(slopes, others, strict=True))


def test_the_compiled_floor_is_that_of_the_formulas() -> None:
    assert np.float32(losses.EPS) == fused_loss.SURE
    assert np.float32(np.log(losses.EPS)) == fused_loss.LOG_SURE
