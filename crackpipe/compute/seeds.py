"""Seeds: generators that belong to a key, and the global ones of libraries that draw from those."""

import random

import numpy as np


def seed_everything(seed: int) -> None:
    """Seed Python's, NumPy's and PyTorch's global generators; libraries that draw from them become repeatable."""
    import torch  # 2 s

    random.seed(seed)
    np.random.seed(seed % 2**32)  # noqa: NPY002 - libraries that still draw from it
    torch.manual_seed(seed)


def generator(*key: int) -> np.random.Generator:
    """Return the random generator that belongs to ``key``, e.g. (seed, epoch, item): independent of call order.

    Args:
        key: whole numbers, 0 or more.
    """
    return np.random.Generator(np.random.PCG64(np.random.SeedSequence(key)))
