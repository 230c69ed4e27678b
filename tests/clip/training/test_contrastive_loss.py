"""The contrastive loss against its double loop, and against CLIP's own where all keys differ."""

import math

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from open_clip.loss import ClipLoss
from torch import Tensor
from torch.nn.functional import normalize
from toy_pairs import alike

from crackpipe.clip.training import contrastive_loss

SCALE = torch.tensor(7.0)


def pairs(count: int, *, seed: int) -> tuple[Tensor, Tensor]:
    draw = torch.Generator().manual_seed(seed)
    first, second = (normalize(torch.randn(count, 5, generator=draw), dim=1) for _ in range(2))
    return first, second


def double_loop(images: Tensor, texts: Tensor, keys: list[int], scale: float) -> float:
    """Yang et al. 2022, eq. 3 and its mirror, term by term."""
    n = len(keys)
    total = 0.0
    for first, second in ((images, texts), (texts, images)):
        for i in range(n):
            row = [math.exp(scale * float(first[i] @ second[j])) for j in range(n)]
            positives = [j for j in range(n) if keys[j] == keys[i]]
            total -= sum(math.log(row[j] / sum(row)) for j in positives) / len(positives)
    return total / (2 * n)


@settings(max_examples=40, deadline=None)
@given(keys=st.lists(st.integers(0, 3), min_size=2, max_size=7), seed=st.integers(0, 99))
def test_the_loss_is_its_double_loop_for_any_keys(keys: list[int], seed: int) -> None:
    images, texts = pairs(len(keys), seed=seed)
    found = contrastive_loss.loss(images, texts, alike(torch.tensor(keys)), scale=SCALE)
    assert float(found) == pytest.approx(double_loop(images, texts, keys, 7.0), rel=1e-4)


def test_it_is_clips_loss_where_all_keys_differ() -> None:
    images, texts = pairs(6, seed=0)
    found = contrastive_loss.loss(images, texts, alike(torch.tensor([3, 1, 9, 2, 8, 0])), scale=SCALE)
    torch.testing.assert_close(found, ClipLoss()(images, texts, SCALE))


def test_pairs_with_the_same_caption_may_exchange_it() -> None:
    images, texts = pairs(5, seed=1)
    exchanged = texts[[1, 0, 2, 3, 4]]
    same, other = torch.tensor([7, 7, 1, 2, 3]), torch.arange(5)
    torch.testing.assert_close(
        contrastive_loss.loss(images, texts, alike(same), scale=SCALE),
        contrastive_loss.loss(images, exchanged, alike(same), scale=SCALE),
    )
    apart = contrastive_loss.loss(images, texts, alike(other), scale=SCALE) - contrastive_loss.loss(
        images, exchanged, alike(other), scale=SCALE
    )
    assert abs(float(apart)) > 0.01


def test_identical_captions_are_no_negatives() -> None:
    """Two pairs that say the same and lie at one place: nothing pulls them apart."""
    images = normalize(torch.ones(2, 4), dim=1).requires_grad_()
    value = contrastive_loss.loss(images, images.detach(), alike(torch.tensor([5, 5])), scale=SCALE)
    value.backward()
    assert float(value.detach()) == pytest.approx(math.log(2))
    assert images.grad is not None
    torch.testing.assert_close(images.grad, torch.zeros(2, 4))


def test_perfect_pairs_of_different_captions_cost_almost_nothing() -> None:
    images = torch.eye(4)
    assert float(contrastive_loss.loss(images, images, alike(torch.arange(4)), scale=torch.tensor(100.0))) < 1e-6


@settings(max_examples=40, deadline=None)
@given(keys=st.lists(st.integers(0, 3), min_size=2, max_size=7), seed=st.integers(0, 99))
def test_where_equal_meanings_have_equal_texts_it_is_open_clips_plain_loss_in_value_and_gradient(
    keys: list[int], seed: int
) -> None:
    images, different = pairs(len(keys), seed=seed)
    found = []
    for plain in (False, True):
        both = [each.clone().requires_grad_() for each in (images, different[:4] if len(keys) > 4 else different)]
        texts = both[1][torch.tensor([key % len(both[1]) for key in keys])]
        same = alike(torch.tensor([key % len(both[1]) for key in keys]))
        value = ClipLoss()(both[0], texts, SCALE) if plain else contrastive_loss.loss(both[0], texts, same, scale=SCALE)
        value.backward()
        found.append((value.detach(), *(each.grad for each in both)))
    for ours, theirs in zip(*found, strict=True):
        torch.testing.assert_close(ours, theirs, atol=1e-5, rtol=1e-4)
