"""How much of the length of cracks a segmenter misses at each level of confidence."""

from collections import defaultdict
from collections.abc import Iterable, Sequence

import numpy as np
from jaxtyping import Bool, UInt8
from skimage.morphology import skeletonize

from crackpipe.measures.geometry import GeometrySettings
from crackpipe.measures.missed_length import MissedLength
from crackpipe.tune import operating_point

LEVELS = (*(round(0.02 * step, 2) for step in range(1, 16)), *(round(0.05 * step, 2) for step in range(7, 19)))
DIGITS = 4


def measure(
    maps: Iterable[tuple[str, UInt8[np.ndarray, "_h _w"], Bool[np.ndarray, "_h _w"]]],
    *,
    cracks: GeometrySettings,
    levels: Sequence[float] = LEVELS,
) -> MissedLength | None:
    """Measure how much is missed at each level.

    A point of a crack's centre-line is found where a piece that counts as crack is within
    :data:`operating_point.TOLERANCE_PX` pixels of it.

    Args:
        maps: structure, confidence (0–255) and truth of each photograph; those without a crack are left out.
        cracks: what counts as a crack; below its level that which a crack must reach somewhere falls with it.
        levels: to measure at, ascending.

    Returns:
        ``None`` where no photograph has a crack.
    """
    found: dict[str, np.ndarray] = defaultdict(lambda: np.zeros(len(levels)))
    length: dict[str, int] = defaultdict(int)
    for structure, confidence, truth in maps:
        if not truth.any():
            continue
        line = skeletonize(truth)
        at = operating_point.pieces(confidence, line, at=levels)
        for place, level in enumerate(levels):
            certain = cracks.certain * min(1.0, level / cracks.level)
            taken = at[level].taken(certain=certain, min_length_px=cracks.min_length_px)
            found[structure][place] += at[level].found[taken].sum()
        length[structure] += int(line.sum())
    if not length:
        return None
    shares = np.stack([1 - found[structure] / length[structure] for structure in sorted(length)])
    missed = np.maximum.accumulate(shares.mean(axis=0))
    return MissedLength(len(length), list(levels), [round(float(share), DIGITS) for share in missed])
