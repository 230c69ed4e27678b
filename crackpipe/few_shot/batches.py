"""Minibatches of several seeds at once: each seed's subset has the same size, and its own order."""

from collections.abc import Iterator

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from crackpipe.compute.seeds import generator

Batch = tuple[Float[Tensor, "s b d"], Float[Tensor, "s b"]]


def drawn(
    inputs: Float[Tensor, "s m d"], labels: Float[Tensor, "s m"], *, batch: int, steps: int, seed: int
) -> Iterator[Batch]:
    """Yield ``steps`` batches of inputs and labels, for each seed from its own; all of them where they fit.

    Args:
        batch: items per step, drawn without replacement within a step.
    """
    seeds, count = labels.shape
    if count <= batch:
        for _ in range(steps):
            yield inputs, labels
        return
    random = generator(seed, count)
    every = torch.arange(seeds)[:, None]
    for _ in range(steps):
        # a shuffled start and stride would repeat neighbours; a draw of distinct places costs less than the step
        places = np.stack([random.choice(count, batch, replace=False, shuffle=False) for _ in range(seeds)])
        rows = torch.from_numpy(places)
        yield inputs[every, rows], labels[every, rows]
