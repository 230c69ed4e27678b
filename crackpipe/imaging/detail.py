"""How much of a photograph's size is detail: pictures that were enlarged, and those of many phones, hold less."""

import numpy as np
from jaxtyping import Float32, UInt8

from crackpipe.imaging import images

EMPTY, FULL = 0.42, 0.6  # what halving loses, in shares of what the next halving loses: nothing of its own; all
ROUNDED = 0.09  # of the mean square of what halving loses: levels are whole numbers
PARTS, PART_PX = 3, 512  # squares across and down that are looked at, and their side
LEAST_PX = 128  # no shorter side is halved below


def finest(image: UInt8[np.ndarray, "h w 3"]) -> float:
    """Largest factor, at most 1, on a photograph's size at which it still holds detail of that size.

    Each halving of a photograph loses somewhat more than the one before: the spectra of most scenes fall alike. Of 106
    crops of Crack500, 95 in 100 lose at first .58 or more of what they lose next (all .57 to .79); the same enlarged by
    half .40 to .55, and enlarged twice .33 to .44. Between the two limits the factor lies between 1 and a half.

    Args:
        image: RGB, 0–255.
    """
    grey = images.to_grey(image).astype(np.float32)
    factor, rounded = 1.0, ROUNDED
    while min(image.shape[:2]) * factor >= 2 * LEAST_PX:
        half = _halved(grey)
        lost, next_lost = _lost(grey, half, rounded), _lost(half, _halved(half), rounded / 4)
        own = float(np.clip((lost / next_lost - EMPTY) / (FULL - EMPTY), 0, 1)) if next_lost else 1.0
        if own > 0:
            return float(factor * 2 ** (own - 1))
        grey, factor, rounded = half, factor / 2, rounded / 4
    return factor


def _halved(grey: Float32[np.ndarray, "h w"]) -> Float32[np.ndarray, "r c"]:
    even = grey[: len(grey) // 2 * 2, : grey.shape[1] // 2 * 2]
    return images.resize(even, height=len(even) // 2, width=even.shape[1] // 2, method="area")


def _lost(grey: Float32[np.ndarray, "h w"], half: Float32[np.ndarray, "r c"], rounded: float) -> float:
    """Root mean square of what halving loses, over some squares of the picture, without ``rounded`` of its square."""
    total, count = 0.0, 0
    rows, cols = half.shape
    for row in _starts(rows):
        for col in _starts(cols):
            part = half[row : row + PART_PX // 2, col : col + PART_PX // 2]
            height, width = 2 * part.shape[0], 2 * part.shape[1]
            back = images.resize(part, height=height, width=width, method="linear")
            own = grey[2 * row : 2 * row + height, 2 * col : 2 * col + width]
            total += float(np.square(own - back, dtype=np.float64).sum())
            count += back.size
    return float(np.sqrt(max(0.0, total / max(count, 1) - rounded)))


def _starts(length: int) -> list[int]:
    """First pixels of the squares along a halved side."""
    last = max(0, length - PART_PX // 2)
    return sorted({round(last * part / (PARTS - 1)) for part in range(PARTS)})
