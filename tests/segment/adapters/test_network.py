"""Text adapters against a loop over pixels."""

import math

import pytest
import torch
from torch import Tensor
from torch.nn.functional import normalize

from crackpipe.segment.adapters.network import TextAdapters, combined, upsampled


def network() -> TextAdapters:
    torch.manual_seed(0)
    return TextAdapters(stage_widths=[3, 5], text=normalize(torch.randn(2, 4), dim=1))


def stages(*, batch: int = 2) -> list[Tensor]:
    draw = torch.Generator().manual_seed(1)
    return [torch.randn(batch, 3, 4, 6, generator=draw), torch.randn(batch, 5, 2, 3, generator=draw)]


def logits_of_one(adapters: TextAdapters, stage: int, token: Tensor) -> list[float]:
    """100 · cosine between an adapted token and the two class directions, in plain numbers."""
    weight, bias = (part.detach().double() for part in adapters.adapters[stage].parameters())
    joint = [
        sum(float(w * t) for w, t in zip(row, token, strict=True)) + float(b)
        for row, b in zip(weight, bias, strict=True)
    ]
    length = math.sqrt(sum(value**2 for value in joint))
    return [100 * sum(j / length * float(t) for j, t in zip(joint, row, strict=True)) for row in adapters.text]


def bilinear(grid: list[list[float]], row: float, col: float) -> float:
    """Value between grid points, held constant beyond the outermost ones."""
    rows, cols = len(grid), len(grid[0])
    row, col = min(max(row, 0.0), rows - 1.0), min(max(col, 0.0), cols - 1.0)
    top, left = min(int(row), rows - 2), min(int(col), cols - 2)
    down, across = row - top, col - left
    upper = grid[top][left] * (1 - across) + grid[top][left + 1] * across
    lower = grid[top + 1][left] * (1 - across) + grid[top + 1][left + 1] * across
    return upper * (1 - down) + lower * down


@pytest.mark.parametrize("stage", [0, 1])
def test_maps_are_the_loop_over_pixels(stage: int) -> None:
    """Project, compare with the prompts, upsample bilinearly, then the softmax: in this order."""
    adapters, tokens = network(), stages()
    with torch.no_grad():
        found = adapters(tokens, height=8, width=12)[stage]
    rows, cols = tokens[stage].shape[2:]
    for b in range(2):
        pixel = [[logits_of_one(adapters, stage, tokens[stage][b, :, r, c]) for c in range(cols)] for r in range(rows)]
        for row in range(8):
            for col in range(12):
                at = (row + 0.5) * rows / 8 - 0.5, (col + 0.5) * cols / 12 - 0.5
                normal, crack = (bilinear([[p[k] for p in line] for line in pixel], *at) for k in range(2))
                assert float(found[b, row, col]) == pytest.approx(1 / (1 + math.exp(normal - crack)), abs=2e-4)


def test_each_stage_gives_a_probability_at_full_size() -> None:
    with torch.no_grad():
        maps = network()(stages(), height=9, width=7)
    assert [tuple(one.shape) for one in maps] == [(2, 9, 7)] * 2
    assert all(0 <= float(one.min()) <= float(one.max()) <= 1 for one in maps)


def test_exchanged_prompts_give_the_other_probability() -> None:
    with torch.no_grad():
        crack = network()(stages(), height=9, width=7)
        other = network()
        other.text.copy_(other.text.flip(0))
        for one, rest in zip(crack, other(stages(), height=9, width=7), strict=True):
            torch.testing.assert_close(one + rest, torch.ones(2, 9, 7))


@pytest.mark.parametrize("size", [(4, 6), (8, 12), (37, 5), (3, 2), (1, 1)])
def test_upsampling_is_torchs_bilinear_interpolation(size: tuple[int, int]) -> None:
    grid = torch.randn(2, 4, 6, generator=torch.Generator().manual_seed(2))
    wanted = torch.nn.functional.interpolate(grid[:, None], size, mode="bilinear", align_corners=False)[:, 0]
    torch.testing.assert_close(upsampled(grid, height=size[0], width=size[1]), wanted)


def test_gradients_are_those_of_normalised_tokens_and_a_softmax_over_two_classes() -> None:
    """The way of the paper: cosines with both directions, both upsampled, then the softmax."""
    ours, theirs = network().double(), network().double()
    tokens = [one.double() for one in stages()]
    sum(one.square().sum() for one in ours(tokens, height=16, width=24)).backward()
    for one, adapter in zip(tokens, theirs.adapters, strict=True):
        cosines = normalize(adapter(one.movedim(1, -1)), dim=-1) @ theirs.text.T
        full = torch.nn.functional.interpolate(100 * cosines.movedim(-1, 1), (16, 24), mode="bilinear")
        torch.softmax(full, dim=1)[:, 1].square().sum().backward()
    for found, wanted in zip(ours.parameters(), theirs.parameters(), strict=True):
        torch.testing.assert_close(found.grad, wanted.grad)


def test_tokens_that_lie_channels_last_give_the_same_map() -> None:
    tokens = stages()
    last = [one.movedim(1, -1).contiguous().movedim(-1, 1) for one in tokens]
    with torch.no_grad():
        for one, other in zip(network()(tokens, height=8, width=8), network()(last, height=8, width=8), strict=True):
            torch.testing.assert_close(one, other)


def test_a_token_along_the_crack_prompt_is_a_crack() -> None:
    adapters = TextAdapters(stage_widths=[2], text=torch.eye(2))
    with torch.no_grad():
        adapters.adapters[0].weight.copy_(torch.eye(2))
        adapters.adapters[0].bias.zero_()
        tokens = torch.tensor([[1.0, 0.0], [0.0, 5.0]]).T.reshape(1, 2, 1, 2)  # left normal, right crack
        (found,) = adapters([tokens], height=1, width=2)
    torch.testing.assert_close(found[0, 0], torch.tensor([0.0, 1.0]))


def test_only_the_adapters_are_trained() -> None:
    adapters = network()
    assert sorted(name for name, _ in adapters.named_parameters()) == [
        "adapters.0.bias",
        "adapters.0.weight",
        "adapters.1.bias",
        "adapters.1.weight",
    ]
    assert "text" in adapters.state_dict()


def test_a_missing_stage_is_refused() -> None:
    with pytest.raises(ValueError, match="longer"):
        network()(stages()[:1], height=8, width=8)


def test_stages_are_averaged_or_summed_and_cut_at_one() -> None:
    first = torch.tensor([0.2, 0.9, 0.0]).view(1, 1, 3)
    second = torch.tensor([0.4, 0.5, 0.0]).view(1, 1, 3)
    maps = [first, second]
    torch.testing.assert_close(combined(maps, combine="mean").flatten(), torch.tensor([0.3, 0.7, 0.0]))
    torch.testing.assert_close(combined(maps, combine="sum").flatten(), torch.tensor([0.6, 1.0, 0.0]))
