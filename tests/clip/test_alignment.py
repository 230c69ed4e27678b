"""Alignment on a toy: two clusters of features, two sentences."""

import copy

import pytest
import torch
from torch import Tensor

from crackpipe.clip import alignment, prompts
from crackpipe.clip.alignment import Pairs
from crackpipe.clip.encoder import DualEncoder
from crackpipe.runtime import Runtime

TEXTS = (["a flawless wall", "a perfect wall"], ["a cracked wall", "a wall with crack"])


def two_clusters(encoder: DualEncoder, *, count: int = 24) -> Pairs:
    draw = torch.Generator().manual_seed(1)
    labels = torch.arange(count) % 2
    features = 0.1 * torch.randn(count, encoder.projection.in_features, generator=draw)
    features[:, 0] += 2.0 * labels - 1.0
    return Pairs(features, [TEXTS[int(label)] for label in labels], labels)


def align(encoder: DualEncoder, sets: list[Pairs], machine: Runtime, *, seed: int = 0, **changes: float) -> list[dict]:
    chosen = {"epochs": 6, "batch": 8, "lr": 0.01, "warmup_steps": 2, "weight_decay": 0.1} | changes
    return alignment.align(encoder, sets, seed=seed, machine=machine, **chosen)


def state(encoder: DualEncoder) -> dict[str, Tensor]:
    return copy.deepcopy(encoder.state_dict())


def test_two_separable_clusters_are_told_apart_by_their_prompts(encoder: DualEncoder, machine: Runtime) -> None:
    pairs = two_clusters(encoder)
    history = align(encoder, [pairs], machine)
    matrix = prompts.text_matrix(encoder, flawless=TEXTS[0], damaged=TEXTS[1])
    with torch.no_grad():
        found = (encoder.projection(pairs.features) @ matrix.T).argmax(dim=1)
    assert found.tolist() == pairs.keys.tolist()
    assert [row["epoch"] for row in history] == [1, 2, 3, 4, 5, 6]
    assert history[-1]["train_loss"] < history[0]["train_loss"]


def test_equal_seeds_give_equal_bits_and_another_seed_does_not(encoder: DualEncoder, machine: Runtime) -> None:
    results = []
    for seed in (3, 3, 4):
        one = copy.deepcopy(encoder)
        history = align(one, [two_clusters(one)], machine, seed=seed, epochs=2)
        results.append((history, state(one)))
    first, again, other = results
    assert first[0] == again[0]
    assert all(torch.equal(value, again[1][name]) for name, value in first[1].items())
    assert any(not torch.equal(value, other[1][name]) for name, value in first[1].items())


def test_the_trunk_stays_as_it_was(encoder: DualEncoder, machine: Runtime) -> None:
    before = state(encoder)
    align(encoder, [two_clusters(encoder)], machine, epochs=1)
    after = encoder.state_dict()
    assert all(torch.equal(value, after[name]) for name, value in before.items() if name.startswith("trunk."))
    assert not torch.equal(before["projection.weight"], after["projection.weight"])
    assert not encoder.training


def test_the_scale_never_passes_one_hundred(encoder: DualEncoder, machine: Runtime) -> None:
    with torch.no_grad():
        encoder.log_scale.fill_(9.0)
    history = align(encoder, [two_clusters(encoder)], machine, epochs=1, lr=1e-6)
    assert history[0]["scale"] == pytest.approx(100.0, abs=0.01)


def test_a_rest_of_one_pair_is_left_out(encoder: DualEncoder, machine: Runtime) -> None:
    pairs = two_clusters(encoder, count=9)
    history = align(encoder, [pairs], machine, epochs=1, batch=8)
    assert history[0]["train_loss"] > 0


def test_patches_and_captioned_photographs_take_turns(encoder: DualEncoder, machine: Runtime) -> None:
    patches = two_clusters(encoder)
    captions = Pairs(patches.features[:3], [["Crack in the wall."], ["Leak."], ["Leak."]], torch.tensor([0, 1, 1]))
    alone = copy.deepcopy(encoder)
    both = align(encoder, [patches, captions], machine, epochs=2)
    assert len(both) == 2
    align(alone, [patches], machine, epochs=2)
    assert not torch.equal(encoder.projection.weight, alone.projection.weight)
