"""Toy pairs: two clusters of features, or two kinds of pictures, with sentences that tell them apart."""

import numpy as np
import torch

from crackpipe.clip.training.image_cache import Features, Squares
from crackpipe.clip.training.pairing import Pairs

TEXTS = (["a flawless wall", "a perfect wall"], ["a cracked wall", "a wall with crack"])


def two_clusters(*, width: int, count: int = 24, views: int = 1, seed: int = 1) -> Pairs:
    """Features that lie at −2 or 2 in their first dimension."""
    labels = np.arange(count) % 2
    values = 0.02 * np.random.default_rng(seed).standard_normal((count, views, width))
    values[:, :, 0] += (4.0 * labels - 2.0)[:, None]
    return Pairs(Features(values.astype(np.float16)), views, [TEXTS[label] for label in labels], labels)


def two_shades(*, count: int = 8, side_px: int = 32, seed: int = 1) -> Pairs:
    """Noise that is dark or bright."""
    labels = np.arange(count) % 2
    random = np.random.default_rng(seed)
    pixels = random.integers(0, 60, (count, side_px, side_px, 3)) + 180 * labels[:, None, None, None]
    return Pairs(Squares(pixels.astype(np.uint8)), 2, [TEXTS[label] for label in labels], labels)


def state_of(module: torch.nn.Module) -> dict[str, torch.Tensor]:
    return {name: value.clone() for name, value in module.state_dict().items()}


def same(first: dict[str, torch.Tensor], second: dict[str, torch.Tensor]) -> bool:
    return first.keys() == second.keys() and all(torch.equal(value, second[name]) for name, value in first.items())


def alike(keys: torch.Tensor) -> torch.Tensor:
    """Which pairs say the same: those of equal keys."""
    return keys[:, None] == keys[None, :]
