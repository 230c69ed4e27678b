"""Random generators: those of a key, and the global ones of libraries."""

import random

import numpy as np
import torch

from crackpipe.compute import seeds


def test_the_same_key_draws_the_same_whatever_was_drawn_before() -> None:
    first = seeds.generator(7, 2, 5).random(4)
    np.random.default_rng(1).random(9)
    seeds.seed_everything(3)
    assert np.array_equal(seeds.generator(7, 2, 5).random(4), first)
    keys = [(7, 2, 5), (7, 5, 2), (7, 2, 6), (8, 2, 5), (7, 2)]
    assert len({tuple(seeds.generator(*key).random(4)) for key in keys}) == len(keys)


def test_seeding_makes_every_global_generator_repeat() -> None:
    def drawn() -> list[float]:
        seeds.seed_everything(2**40 + 1)
        layer = torch.nn.Linear(2, 2).weight.sum().item()
        return [random.random(), np.random.random(), float(torch.rand(())), layer]  # noqa: NPY002

    assert drawn() == drawn()


def test_seeding_anew_gives_other_draws_for_another_seed() -> None:
    draws = []
    for seed in (1, 2):
        seeds.seed_everything(seed)
        draws.append((random.random(), float(torch.rand(()))))
    assert draws[0][0] != draws[1][0]
    assert draws[0][1] != draws[1][1]
