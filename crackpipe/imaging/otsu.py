"""Lower threshold of Otsu's method with 2 or 3 classes (Liao et al. 2001), compiled.

Every pair of thresholds is tried, in float64. Tie rule: of equally good lower thresholds the smallest is taken; a level
equal to the threshold belongs to the class below it.
"""

import numpy as np
from jaxtyping import Bool, Float64, Int32, Int64, UInt8

from crackpipe.compute import compiled

LEVELS = 256
NONE_DARK = -1
TIE = 1 - 1e-12  # thresholds that differ by less are equally good: float64's rounding must not choose between them


@compiled.function
def lower_threshold(histogram: Int64[np.ndarray, "256"], classes: int) -> int:
    """Lower threshold of one histogram.

    Args:
        histogram: pixels of each level.
        classes: 2 or 3.

    Returns:
        The highest level of the darkest class, or −1 where fewer than ``classes`` levels have pixels.
    """
    levels, count, total = np.empty(LEVELS, np.int64), np.empty(LEVELS), np.empty(LEVELS)  # of occupied levels
    used, pixels, weighted = 0, 0, 0
    for level in range(LEVELS):
        if histogram[level]:
            pixels += histogram[level]
            weighted += histogram[level] * level
            levels[used], count[used], total[used] = level, pixels, weighted
            used += 1
    if used < classes:
        return NONE_DARK
    quality = _above(count[:used], total[:used])
    if classes == 3:
        quality = _upper_two(count, total, quality)
    best = 0.0
    for low in range(len(quality)):
        quality[low] += total[low] * total[low] / count[low]
        best = max(best, quality[low])
    low = 0
    while quality[low] < best * TIE:
        low += 1
    return levels[low]


@compiled.function
def _above(count: Float64[np.ndarray, "l"], total: Float64[np.ndarray, "l"]) -> Float64[np.ndarray, "k"]:
    """Count × mean² of the levels above each but the last (Liao, eq. 13)."""
    quality = np.empty(len(count) - 1)
    for low in range(len(quality)):
        sums = total[-1] - total[low]
        quality[low] = sums * sums / (count[-1] - count[low])
    return quality


@compiled.function
def _upper_two(
    count: Float64[np.ndarray, "256"], total: Float64[np.ndarray, "256"], above: Float64[np.ndarray, "k"]
) -> Float64[np.ndarray, "j"]:
    """For each lower threshold the greatest Σ count × mean² of the two classes above it."""
    quality = np.zeros(len(above) - 1)
    for high in range(1, len(above)):
        for low in range(high):  # innermost, as each ``low`` has its own maximum: the processor takes several at once
            sums = total[high] - total[low]
            quality[low] = max(quality[low], sums * sums / (count[high] - count[low]) + above[high])
    return quality


@compiled.function
def patch_thresholds(
    grey: UInt8[np.ndarray, "h w"], side_px: int, stride_px: int, classes: int, searched: Bool[np.ndarray, "r c"]
) -> Int32[np.ndarray, "r c"]:
    """Lower threshold of each patch of the grid that is searched; 256 for the others.

    The histogram of a patch slides along its row over the histograms of strips, ``side_px`` high and ``stride_px``
    wide, which slide down the photograph.

    Args:
        grey: the photograph, as large as the grid.
        side_px, stride_px: patches; the side is a multiple of the stride.
        classes: 2 or 3.
        searched: True for patches to threshold.
    """
    rows, cols = searched.shape
    reach = side_px // stride_px
    thresholds = np.full(searched.shape, LEVELS, np.int32)
    strips, patch = np.zeros((cols + reach - 1, LEVELS), np.int64), np.empty(LEVELS, np.int64)
    _count(strips, grey[: side_px - stride_px], stride_px, 1)
    for row in range(rows):
        top, bottom = row * stride_px, row * stride_px + side_px
        _count(strips, grey[bottom - stride_px : bottom], stride_px, 1)
        patch[:] = 0
        for strip in range(reach - 1):
            _add(patch, strips[strip], 1)
        for col in range(cols):
            _add(patch, strips[col + reach - 1], 1)
            if searched[row, col]:
                thresholds[row, col] = lower_threshold(patch, classes)
            _add(patch, strips[col], -1)
        _count(strips, grey[top : top + stride_px], stride_px, -1)
    return thresholds


@compiled.function
def _add(patch: Int64[np.ndarray, "256"], strip: Int64[np.ndarray, "256"], times: int) -> None:
    """Add ``times`` each count of a strip to those of a patch; without array operations, which take long to compile."""
    for level in range(LEVELS):
        patch[level] += times * strip[level]


@compiled.function
def _count(strips: Int64[np.ndarray, "s 256"], band: UInt8[np.ndarray, "b w"], stride_px: int, times: int) -> None:
    """Add ``times`` each pixel of a band to the histogram of the strip in which it lies."""
    for row in range(band.shape[0]):
        for strip in range(len(strips)):
            for col in range(strip * stride_px, (strip + 1) * stride_px):
                strips[strip, band[row, col]] += times
