"""Training subsets T0, T1 …: nested, as many cracks as not, drawn anew for each seed."""

from collections.abc import Sequence

import numpy as np
from jaxtyping import Int64

from crackpipe.compute import seeds
from crackpipe.errors import ParamsError, TableError


def sizes(subsets: Sequence[int | float], *, pool: int) -> dict[str, int]:
    """Name and number of patches of each subset: T0, T1 … in the order given.

    Args:
        subsets: shares of the pool (floats, 0–1), or numbers of patches (ints), ascending.
        pool: patches that there are.

    Raises:
        ParamsError: a number is larger than the pool.
        TableError: a share of so small a pool holds fewer than two patches.
    """
    found = {}
    for number, one in enumerate(subsets):
        count = round(one * pool) if isinstance(one, float) else one
        if count > pool:
            raise ParamsError(
                f"T{number} asks for {count} patches, but there are {pool} to learn from; ask for fewer, or give more "
                "training photographs (few_shot.pool draws at most so many patches)"
            )
        if one > 0 and count < 2:
            raise TableError(
                f"T{number}: {one} of a pool of {pool} are {count} patches, so a class would be missing; ask for at "
                "least 2, or raise the number of training photographs"
            )
        found[f"T{number}"] = count
    return found


def nested(labels: Int64[np.ndarray, "n"], *, seed: int) -> Int64[np.ndarray, "n"]:
    """An order of the pool of which every beginning is a stratified subset: those of one seed are nested.

    The k-th patch of a class of m stands at (k − ½) / m of the order, so that a beginning holds each class in the
    pool's proportion, to one patch; which patch is the k-th is drawn.
    """
    random = seeds.generator(seed)
    places = np.empty(len(labels))
    for label in (0, 1):
        members = random.permutation(np.flatnonzero(labels == label))
        places[members] = (np.arange(len(members)) + 0.5) / max(1, len(members))
    return np.argsort(places, kind="stable")
