"""Photographs drawn at random, in a fixed order."""

from collections.abc import Sequence

import numpy as np

from crackpipe.compute import seeds


def draw_in_order(photo_ids: Sequence[str], *, count: int | None, seed: int) -> list[str]:
    """At most ``count`` of some photographs, without repetition, in the order in which they are listed.

    Args:
        photo_ids: to draw from.
        count: at least 1; ``None`` takes all.
        seed: of the draw.
    """
    index = seeds.generator(seed).permutation(len(photo_ids))[:count]
    return [photo_ids[i] for i in np.sort(index)]
