"""Photographs small enough for tests."""

import numpy as np
import pytest

from benchmarks.photographs import Photograph


@pytest.fixture
def small() -> list[Photograph]:
    """Grey walls with a dark line each, of a size that no patch or cell divides."""
    found = []
    for seed in range(2):
        random = np.random.default_rng(seed)
        image = np.repeat(random.integers(120, 220, (150, 203, 1), dtype=np.uint8), 3, axis=2)
        mask = np.zeros((150, 203), bool)
        mask[:, 60 + 40 * seed : 64 + 40 * seed] = True
        image[mask] = random.integers(10, 40, (int(mask.sum()), 3), dtype=np.uint8)
        found.append(Photograph(image, mask))
    return found
