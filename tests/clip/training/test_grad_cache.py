"""Gradients by chunks against those of the whole batch at once."""

import copy
from collections.abc import Callable
from functools import partial

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor, nn
from torch.nn.functional import normalize
from toy_pairs import alike

from crackpipe.clip.training import contrastive_loss, grad_cache

IMAGES, TEXTS, KEYS = 9, 5, torch.tensor([0, 1, 2, 3, 4, 0, 1, 2, 3])


class Towers(nn.Module):
    """Two small towers and a temperature."""

    def __init__(self) -> None:
        super().__init__()
        torch.manual_seed(0)
        self.image = nn.Sequential(nn.Linear(6, 8), nn.Tanh(), nn.Linear(8, 4))
        self.text = nn.Sequential(nn.Linear(3, 8), nn.Tanh(), nn.Linear(8, 4))
        self.log_scale = nn.Parameter(torch.tensor(1.5))

    def loss(self, images: Tensor, texts: Tensor) -> Tensor:
        return contrastive_loss.loss(images, texts[KEYS], alike(KEYS), scale=self.log_scale.exp())


def inputs() -> tuple[Tensor, Tensor]:
    draw = torch.Generator().manual_seed(1)
    return torch.randn(IMAGES, 6, generator=draw), torch.randn(TEXTS, 3, generator=draw)


def chunks(tower: nn.Module, rows: Tensor, size: int) -> list[Callable[[], Tensor]]:
    def embed(part: Tensor) -> Tensor:
        return normalize(tower(part), dim=1)

    return [partial(embed, part) for part in rows.split(size)]


def at_once(towers: Towers) -> tuple[float, dict[str, Tensor]]:
    """Plain backpropagation through everything."""
    pixels, words = inputs()
    value = towers.loss(normalize(towers.image(pixels), dim=1), normalize(towers.text(words), dim=1))
    value.backward()
    return float(value.detach()), gradients(towers)


def gradients(towers: Towers) -> dict[str, Tensor]:
    return {name: parameter.grad.clone() for name, parameter in towers.named_parameters() if parameter.grad is not None}


def by_chunks(towers: Towers, *, images: int, texts: int, factor: float = 1.0) -> float:
    pixels, words = inputs()
    return grad_cache.backward(
        chunks(towers.image, pixels, images),
        chunks(towers.text, words, texts),
        towers.loss,
        scale=lambda value: factor * value,
    )


@given(images=st.integers(1, IMAGES), texts=st.integers(1, TEXTS))
def test_chunks_of_any_size_give_the_gradients_of_the_whole_batch(images: int, texts: int) -> None:
    whole, cut = Towers(), Towers()
    value, wanted = at_once(whole)
    assert by_chunks(cut, images=images, texts=texts) == pytest.approx(value, abs=1e-6)
    found = gradients(cut)
    assert found.keys() == wanted.keys()
    for name in wanted:
        torch.testing.assert_close(found[name], wanted[name], atol=1e-5, rtol=1e-5)


def test_gradients_add_up_over_calls_as_those_of_torch_do() -> None:
    towers = Towers()
    by_chunks(towers, images=2, texts=2)
    once = gradients(towers)
    by_chunks(towers, images=2, texts=2)
    for name, value in gradients(towers).items():
        torch.testing.assert_close(value, 2 * once[name])


@pytest.mark.parametrize("size", [2, 100])
def test_a_scaled_loss_scales_gradients_but_not_the_loss_that_is_returned(size: int) -> None:
    plain, scaled = Towers(), Towers()
    first = by_chunks(plain, images=size, texts=size)
    second = by_chunks(scaled, images=size, texts=size, factor=256.0)
    assert first == second
    for name, value in gradients(scaled).items():
        torch.testing.assert_close(value, 256.0 * gradients(plain)[name])


def test_a_frozen_tower_gets_no_gradients_and_does_no_harm() -> None:
    whole, cut = Towers(), Towers()
    for towers in (whole, cut):
        towers.image.requires_grad_(False)
    _, wanted = at_once(whole)
    by_chunks(cut, images=2, texts=2)
    found = gradients(cut)
    assert {name.split(".")[0] for name in found} == {"text", "log_scale"}
    for name in wanted:
        torch.testing.assert_close(found[name], wanted[name], atol=1e-5, rtol=1e-5)


@pytest.mark.parametrize(("size", "times"), [(100, 1), (4, 2)])
def test_a_chunk_is_computed_twice_but_a_single_one_once(size: int, times: int) -> None:
    towers = copy.deepcopy(Towers())
    rows: list[int] = []
    towers.image.register_forward_hook(lambda _module, args, _output: rows.append(len(args[0])))
    by_chunks(towers, images=size, texts=100)
    assert sum(rows) == times * IMAGES
    assert max(rows) <= size
