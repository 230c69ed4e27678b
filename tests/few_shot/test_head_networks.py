"""Turning the transform of inputs changes nothing but the axes; folding it into networks changes no decision."""

import numpy as np
import pytest
import torch
from torch import Tensor

from crackpipe.few_shot import head_networks
from crackpipe.few_shot.head_networks import InputTransform

SEEDS, ITEMS, WIDTH, HIDDEN = 2, 9, 5, 3


def drawn(*shape: int, seed: int) -> Tensor:
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed))


VECTORS = drawn(SEEDS, ITEMS, WIDTH, seed=0) * torch.tensor([5.0, 1.0, 1.0, 0.1, 0.1]) + 2
CLASSES = torch.nn.functional.normalize(drawn(2, WIDTH, seed=1), dim=1)
WEIGHT, BIAS, SCORE = drawn(SEEDS, HIDDEN, WIDTH, seed=2), drawn(SEEDS, HIDDEN, seed=3), drawn(SEEDS, HIDDEN, seed=4)


def straight(texts: bool) -> InputTransform:
    return head_networks.fit_transform(VECTORS, CLASSES if texts else None)


def test_inputs_are_centred_and_of_length_about_1() -> None:
    inputs = straight(True).apply(VECTORS)
    np.testing.assert_allclose(inputs.mean(dim=1), torch.zeros(SEEDS, WIDTH), atol=1e-5)
    np.testing.assert_allclose(inputs.square().sum(dim=2).mean(dim=1), torch.ones(SEEDS), rtol=1e-5)


@pytest.mark.parametrize("texts", [True, False])
def test_turned_inputs_and_weights_give_the_same_odds(texts: bool) -> None:
    before = straight(texts)
    after = before.turned(VECTORS)
    assert after.basis is not None
    odds = head_networks.logits(before.apply(VECTORS), before.texts, WEIGHT, BIAS, SCORE, None)
    again = head_networks.logits(after.apply(VECTORS), after.texts, WEIGHT @ after.basis, BIAS, SCORE, None)
    np.testing.assert_allclose(again, odds, atol=1e-4)


def test_turned_inputs_are_uncorrelated() -> None:
    inputs = straight(False).turned(VECTORS).apply(VECTORS)
    moment = inputs.transpose(1, 2) @ inputs / ITEMS
    np.testing.assert_allclose(moment, torch.diag_embed(moment.diagonal(dim1=1, dim2=2)), atol=1e-5)


@pytest.mark.parametrize("texts", [True, False])
def test_folded_networks_take_embeddings_as_they_are(texts: bool) -> None:
    for transform in (straight(texts), straight(texts).turned(VECTORS)):
        odds = head_networks.logits(transform.apply(VECTORS), transform.texts, WEIGHT, BIAS, SCORE, None)
        for one, vectors, expected in zip(
            head_networks.fold(transform, WEIGHT[None], BIAS[None], SCORE[None]), VECTORS, odds, strict=True
        ):
            np.testing.assert_allclose(head_networks.predict(one, vectors)[0], expected, atol=1e-4)


def test_the_odds_are_the_difference_of_the_papers_scores() -> None:
    transform = straight(True)
    inputs = transform.apply(VECTORS)
    scores = [
        torch.relu((inputs + transform.texts[:, k, None]) @ WEIGHT.transpose(1, 2) + BIAS[:, None]) @ SCORE[:, :, None]
        for k in (0, 1)
    ]
    odds = head_networks.logits(inputs, transform.texts, WEIGHT, BIAS, SCORE, None)
    np.testing.assert_allclose(odds, (scores[1] - scores[0])[..., 0], atol=1e-4)
