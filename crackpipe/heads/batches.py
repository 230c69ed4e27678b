"""Minibatches of several seeds at once: each seed's subset has the same size, and its own order."""

from collections.abc import Iterator

import numpy as np
import torch
from jaxtyping import Float, Int64
from torch import Tensor

from crackpipe import runtime

Batch = tuple[Float[Tensor, "s b d"], Float[Tensor, "s b"]]


def gathered(
    vectors: Float[Tensor, "n d"],
    labels: Float[Tensor, "n"],
    subsets: Int64[np.ndarray, "s m"],
    *,
    batch: int,
    steps: int,
    seed: int,
) -> Iterator[Batch]:
    """Yield ``steps`` batches of embeddings and labels, for each seed from its own subset; all of it where it fits.

    Args:
        subsets: rows of ``vectors`` of each seed's subset.
        batch: items per step, drawn without replacement within a step.
    """
    count = subsets.shape[1]
    if count <= batch:
        whole = torch.from_numpy(subsets)
        for _ in range(steps):
            yield vectors[whole], labels[whole]
        return
    random = runtime.generator(seed, count)
    for _ in range(steps):
        # a shuffled start and stride would repeat neighbours; a draw of distinct places costs less than the step
        places = np.stack([random.choice(count, batch, replace=False, shuffle=False) for _ in subsets])
        rows = torch.from_numpy(np.take_along_axis(subsets, places, axis=1))
        yield vectors[rows], labels[rows]
