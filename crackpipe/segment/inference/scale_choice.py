"""Choice of the scales that a photograph is segmented at: its cracks shall be as wide there as the network knows them.

A network that has seen cracks of some 3 to 26 px misses the inside of wider ones and blurs or loses thinner ones. So a
first look at half and full size measures how wide the cracks of the photograph are, and the map is the mean over those
scales that bring them into that range.
"""

from collections.abc import Sequence

import numpy as np
from jaxtyping import UInt8

from crackpipe.imaging import images

LOOK = (0.5, 1.0)  # scales of the first look lie between these
CRACK = 128  # level from which a pixel counts as crack there
BAND_PX = 2048  # rows that are measured at once


def look(scales: Sequence[float]) -> list[float]:
    """Scales of the first look: those from half to full size, else the one nearest to full size."""
    return [scale for scale in scales if LOOK[0] <= scale <= LOOK[1]] or [nearest(scales)]


def nearest(scales: Sequence[float]) -> float:
    """The scale nearest to 1, as a factor."""
    return min(scales, key=lambda scale: abs(np.log(scale)))


def choose(scales: Sequence[float], *, width_px: float, min_px: float, max_px: float) -> list[float]:
    """Scales at which cracks of ``width_px`` are ``min_px`` to ``max_px`` wide; if there is none, the nearest to 1.

    Args:
        scales: factors on the photograph's size, at least one.
        width_px: of the cracks at full size; 0 where there is none.
        min_px, max_px: widths that the network knows.
    """
    return [scale for scale in scales if min_px <= scale * width_px <= max_px] or [nearest(scales)]


def crack_width_px(levels: UInt8[np.ndarray, "h w"]) -> float:
    """Mean width, in pixels, of the cracks of a map (0–255); 0 where there is none.

    The pixels of a strip lie a quarter of its width away from its border, on the average.
    """
    total, count = 0.0, 0
    for top in range(0, len(levels), BAND_PX):
        crack = levels[top : top + BAND_PX] >= CRACK
        inside = int(crack.sum())
        if inside:
            total += float(images.distance_inside(crack)[crack].sum(dtype=np.float64))
            count += inside
    return 4 * total / count if count else 0.0


def mean(maps: Sequence[UInt8[np.ndarray, "h w"]]) -> UInt8[np.ndarray, "h w"]:
    """The mean of some maps, to the nearest level."""
    total = np.zeros(maps[0].shape, np.uint16)
    for levels in maps:
        total += levels
    total += len(maps) // 2
    total //= len(maps)
    return total.astype(np.uint8)
