"""How much of the length of cracks a segmenter misses at each level of confidence."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import replace

import numpy as np
from jaxtyping import Bool, UInt8
from skimage.morphology import skeletonize

from crackpipe.imaging import images
from crackpipe.measures import geometry
from crackpipe.measures.geometry import GeometrySettings
from crackpipe.measures.missed_length import MissedLength

LEVELS = (0.02, 0.03, 0.04, 0.06, 0.08, 0.1, 0.12, 0.15, 0.18, 0.22, 0.26, 0.3, 0.35, 0.4, 0.5, 0.6, 0.75)
DIGITS = 4


def at_level(cracks: GeometrySettings, level: float) -> GeometrySettings:
    """What counts as a crack from another level on; below its own, what a crack must reach somewhere falls with it.

    Args:
        cracks: settings that were chosen.
        level: in (0, 1].
    """
    return replace(cracks, level=level, certain=cracks.certain * min(1.0, level / cracks.level))


def measure(
    maps: Iterable[tuple[str, UInt8[np.ndarray, "_h _w"], Bool[np.ndarray, "_h _w"]]],
    *,
    cracks: GeometrySettings,
    tolerance_px: int,
    levels: Sequence[float] = LEVELS,
) -> MissedLength | None:
    """Measure how much is missed at each level by what counts as a crack there; see :func:`at_level`.

    A point of a true crack's centre-line is found where a pixel of a crack that was found is near it.

    Args:
        maps: structure, confidence (0–255) and truth of each photograph; those without a crack are left out.
        cracks: what counts as a crack, at its own level.
        tolerance_px: how near.
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
        for place, level in enumerate(levels):
            claimed = np.zeros(truth.shape, np.uint8)
            for crack in geometry.find(confidence, at_level(cracks, level)):
                claimed[tuple(crack.pixels.T)] = 1
            found[structure][place] += images.dilate_disk(claimed, radius_px=tolerance_px)[line].sum()
        length[structure] += int(line.sum())
    if not length:
        return None
    shares = np.stack([1 - found[structure] / length[structure] for structure in sorted(length)])
    never_falling = np.maximum.accumulate(shares, axis=1)  # of each structure: the theorem asks for it
    missed = [round(float(share), DIGITS) for share in never_falling.mean(axis=0)]
    return MissedLength(len(length), list(levels), missed)
