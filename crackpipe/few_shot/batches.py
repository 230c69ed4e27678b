"""Minibatches of several seeds at once: each seed's subset has the same size, and its own order."""

from collections.abc import Iterator

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from crackpipe.compute.seeds import generator

SeedBatch = tuple[Float[Tensor, "s b d"], Float[Tensor, "s b"]]


def draw(
    inputs: Float[Tensor, "s m d"], labels: Float[Tensor, "s m"], *, batch: int, steps: int, seed: int
) -> Iterator[SeedBatch]:
    """Yield ``steps`` batches of inputs and labels, for each seed from its own; all of them where they fit.

    Args:
        inputs: of s seeds with m items each.
        labels: 1 crack, 0 none.
        batch: items per step, drawn without replacement within a step.
        steps: number of batches.
        seed: of the draws.
    """
    seeds, count = labels.shape
    if count <= batch:
        for _ in range(steps):
            yield inputs, labels
        return
    random = generator(seed, count)
    seed_index = torch.arange(seeds)[:, None]
    for _ in range(steps):
        # a shuffled start and stride would repeat neighbours; a draw of distinct rows costs less than the step
        rows = np.stack([random.choice(count, batch, replace=False, shuffle=False) for _ in range(seeds)])
        index = torch.from_numpy(rows)
        yield inputs[seed_index, index], labels[seed_index, index]
