"""Colour jitter and noise: bounds, repeatability, and nothing where it is switched off."""

import numpy as np
import torch

from crackpipe.compute import seeds
from crackpipe.data import augment

PATCH = torch.from_numpy(np.random.default_rng(0).integers(0, 256, (3, 24, 24), dtype=np.uint8))
GREY = torch.full((3, 64, 64), 100, dtype=torch.uint8)


def jitter(patch: torch.Tensor, *key: int, colour: float = 0.2, p: float = 0.75, noise: float = 0.5) -> torch.Tensor:
    return augment.jitter(patch, seeds.generator(*key), colour_jitter=colour, colour_jitter_p=p, noise_p=noise)


def test_the_same_key_gives_the_same_bytes_and_leaves_the_patch_alone() -> None:
    before = PATCH.clone()
    found = [jitter(PATCH, 1, 2, number, p=1, noise=1) for number in range(8)]
    assert all(torch.equal(one, jitter(PATCH, 1, 2, number, p=1, noise=1)) for number, one in enumerate(found))
    assert len({one.numpy().tobytes() for one in found}) == 8
    assert torch.equal(PATCH, before)
    assert all(one.dtype == torch.uint8 and one.shape == PATCH.shape for one in found)


def test_switched_off_it_changes_nothing() -> None:
    assert all(torch.equal(jitter(PATCH, number, p=0, noise=0), PATCH) for number in range(20))


def test_noise_is_gaussian_of_small_sigma_or_multiplicative_with_equal_odds() -> None:
    spreads = [jitter(GREY, number, p=0, noise=1).float().std().item() for number in range(200)]
    # uniform in 0.75–1.25 around level 100 has a spread of 100 · 0.5 / √12 = 14.4
    wide = [spread for spread in spreads if spread > 5]
    assert all(abs(spread - 14.4) < 0.6 for spread in wide)
    assert all(spread < augment.GAUSSIAN_SIGMA + 0.15 for spread in spreads if spread <= 5)
    assert 75 < len(wide) < 125


def test_brightness_and_contrast_stay_within_their_share() -> None:
    means = [jitter(GREY, number, p=1, noise=0).float().mean().item() for number in range(200)]
    assert 77 <= min(means) < 84  # each step rounds down
    assert 114 < max(means) <= 121


def test_each_happens_as_often_as_it_is_asked_for() -> None:
    changed = sum(not torch.equal(jitter(PATCH, number, p=0.75, noise=0), PATCH) for number in range(300))
    assert 200 < changed < 250
    noisy = sum(not torch.equal(jitter(PATCH, number, p=0, noise=0.25), PATCH) for number in range(300))
    assert 50 < noisy < 100


def test_the_widest_jitter_is_still_a_picture() -> None:
    for number in range(20):
        assert jitter(PATCH, number, colour=1.0, p=1, noise=1).dtype == torch.uint8
