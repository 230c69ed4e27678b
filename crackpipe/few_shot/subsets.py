"""Training subsets T0, T1 …: nested, as many cracks as not, drawn anew for each seed."""

from collections.abc import Sequence

import numpy as np
from jaxtyping import Int64

from crackpipe.compute import seeds
from crackpipe.errors import ParamsError, TableError


def sizes(subsets: Sequence[int | float], *, pool: int) -> dict[str, int]:
    """Number of patches of each subset by its name: T0, T1 … in the order of ``subsets``.

    Args:
        subsets: shares of the pool (floats, 0–1), or numbers of patches (ints), ascending.
        pool: patches in the pool.

    Raises:
        ParamsError: a number is larger than the pool.
        TableError: a share of so small a pool holds fewer than two patches.
    """
    counts = {}
    for number, size in enumerate(subsets):
        count = round(size * pool) if isinstance(size, float) else size
        if count > pool:
            raise ParamsError(
                f"T{number} asks for {count} patches, but there are {pool} to learn from; ask for fewer, or give more "
                "training photographs (few_shot.pool draws at most so many patches)"
            )
        if size > 0 and count < 2:
            raise TableError(
                f"T{number}: {size} of a pool of {pool} are {count} patches, so a class would be missing; ask for at "
                "least 2, or raise the number of training photographs"
            )
        counts[f"T{number}"] = count
    return counts


def nested(labels: Int64[np.ndarray, "n"], *, seed: int) -> Int64[np.ndarray, "n"]:
    """Order of the pool's rows of which every beginning is a stratified subset: those of one seed are nested.

    The k-th patch of a class of m stands at (k − ½) / m of the order, so that a beginning holds each class in the
    pool's proportion, to one patch; which patch is the k-th is drawn.

    Args:
        labels: 1 crack, 0 none.
        seed: of the draw.
    """
    random = seeds.generator(seed)
    positions = np.empty(len(labels))
    for label in (0, 1):
        members = random.permutation(np.flatnonzero(labels == label))
        positions[members] = (np.arange(len(members)) + 0.5) / max(1, len(members))
    return np.argsort(positions, kind="stable")
