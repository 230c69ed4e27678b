"""Dark pixels by multi-Otsu thresholds of overlapping patches (König et al., section III-C).

All patches of a photograph are thresholded at once. Tie rule: of equally good thresholds the smallest is taken; a
level equal to the threshold belongs to the class below it.
"""

import numpy as np
from jaxtyping import Bool, Int, UInt8

from crackpipe import images
from crackpipe.data import slices

LEVELS = 256
NONE_DARK = -1
ROWS_AT_ONCE = 512  # keeps the working arrays inside the processor's cache
TIE = 1 - 1e-12  # thresholds that differ by less are equally good: float64's rounding must not choose between them


def dark(
    image: UInt8[np.ndarray, "h w 3"],
    *,
    side_px: int,
    stride_px: int,
    classes: int,
    bilateral_px: int,
    bilateral_sigma: float,
    wanted: Bool[np.ndarray, "h w"] | None = None,
) -> Bool[np.ndarray, "h w"]:
    """Pixels that every patch which covers them puts into its darkest class.

    Args:
        image: RGB, 0–255.
        side_px, stride_px: patches; the side is a multiple of the stride.
        classes: 3 (the paper) or 2 (its ablation, Table VII).
        bilateral_px, bilateral_sigma: the filter before the grey conversion; 0 px leaves it out.
        wanted: pixels that are asked for, the others come out False: patches without one are not thresholded.
    """
    grey = filtered_grey(image, bilateral_px=bilateral_px, bilateral_sigma=bilateral_sigma)
    height, width = grey.shape
    histograms = patch_histograms(grey, side_px=side_px, stride_px=stride_px)
    reach = side_px // stride_px
    thresholds = np.full(histograms.shape[:2], LEVELS, np.int32)
    asked = np.ones_like(thresholds, bool) if wanted is None else _touching(wanted, thresholds.shape, stride_px, reach)
    thresholds[asked] = lower_threshold(histograms[asked], classes=classes)
    strictest = _least_over_patches(thresholds, reach=reach)
    per_px = np.repeat(np.repeat(strictest, stride_px, axis=0), stride_px, axis=1)[:height, :width]
    return grey <= per_px if wanted is None else (grey <= per_px) & wanted


def _touching(
    wanted: Bool[np.ndarray, "h w"], grid: tuple[int, ...], stride_px: int, reach: int
) -> Bool[np.ndarray, "r c"]:
    """Patches of the grid that cover a wanted pixel."""
    rows, cols = grid[0] + reach - 1, grid[1] + reach - 1
    padded = np.zeros((rows * stride_px, cols * stride_px), bool)
    padded[: wanted.shape[0], : wanted.shape[1]] = wanted
    cells = padded.reshape(rows, stride_px, cols, stride_px).max(axis=(1, 3))
    down = np.maximum.reduce([cells[i : i + grid[0]] for i in range(reach)])
    return np.maximum.reduce([down[:, i : i + grid[1]] for i in range(reach)])


def filtered_grey(
    image: UInt8[np.ndarray, "h w 3"], *, bilateral_px: int, bilateral_sigma: float
) -> UInt8[np.ndarray, "h w"]:
    """Grey levels after a bilateral filter (König et al., eq. 1–4); 0 px leaves the filter out."""
    if bilateral_px:
        image = images.bilateral(
            image, diameter_px=bilateral_px, sigma_colour=bilateral_sigma, sigma_space=bilateral_sigma
        )
    return images.to_grey(image)


def weighted_threshold(grey: UInt8[np.ndarray, "h w"], weights: UInt8[np.ndarray, "h w"], *, classes: int) -> int:
    """Lower threshold of multi-Otsu of one histogram in which each pixel counts ``weights`` times.

    Returns:
        The highest level of the darkest class, or −1 where fewer than ``classes`` levels have a weight.
    """
    return int(lower_threshold(weighted_histogram(grey, weights)[None], classes=classes)[0])


def weighted_histogram(grey: UInt8[np.ndarray, "h w"], weights: UInt8[np.ndarray, "h w"]) -> Int[np.ndarray, "256"]:
    """Grey levels, each pixel counted ``weights`` times."""
    return np.bincount(grey.ravel(), weights=weights.ravel(), minlength=LEVELS).astype(np.int64)


def patch_histograms(grey: UInt8[np.ndarray, "h w"], *, side_px: int, stride_px: int) -> Int[np.ndarray, "r c 256"]:
    """Histogram of the grey levels of each patch of the grid, summed from histograms of its stride-sized cells.

    The photograph is mirrored beyond its lower and right border where a patch stands over it.
    """
    rows = slices.starts(grey.shape[0], side_px=side_px, stride_px=stride_px)
    cols = slices.starts(grey.shape[1], side_px=side_px, stride_px=stride_px)
    height, width = int(rows[-1]) + side_px, int(cols[-1]) + side_px
    padded = images.pad_reflect(grey, bottom=height - grey.shape[0], right=width - grey.shape[1])
    cells_down, cells_across = height // stride_px, width // stride_px
    cell = np.arange(height)[:, None] // stride_px * cells_across + np.arange(width)[None, :] // stride_px
    counts = np.bincount((cell * LEVELS + padded).ravel(), minlength=cells_down * cells_across * LEVELS)
    cells = counts.astype(np.int32).reshape(cells_down, cells_across, LEVELS)
    reach = side_px // stride_px
    down = np.add.reduce([cells[i : i + len(rows)] for i in range(reach)])
    return np.add.reduce([down[:, i : i + len(cols)] for i in range(reach)])


def lower_threshold(histograms: Int[np.ndarray, "n 256"], *, classes: int) -> Int[np.ndarray, "n"]:
    """Lower threshold of Otsu's method with 2 or 3 classes (Liao et al. 2001), for many histograms at once.

    Returns:
        The highest level of the darkest class, or −1 for a histogram with fewer than ``classes`` levels, in which
        nothing is dark (König's public code divides by zero there).
    """
    found = np.full(len(histograms), NONE_DARK, np.int32)
    occupied = histograms > 0
    first = occupied.argmax(axis=1)
    span = LEVELS - occupied[:, ::-1].argmax(axis=1) - first
    usable = np.flatnonzero(occupied.sum(axis=1) >= classes)
    usable = usable[np.argsort(span[usable], kind="stable")]  # like spans together: short ones cost little
    search = _search_three if classes == 3 else _search_two
    for start in range(0, len(usable), ROWS_AT_ONCE):
        index = usable[start : start + ROWS_AT_ONCE]
        levels = first[index, None] + np.arange(span[index].max())
        part = np.where(levels < LEVELS, histograms[index[:, None], np.minimum(levels, LEVELS - 1)], 0)
        found[index] = first[index] + search(part)
    return found


def _search_two(histograms: Int[np.ndarray, "n l"]) -> Int[np.ndarray, "n"]:
    below, above = _outer_classes(*_sums(histograms))
    value = (below + above)[:, :-1]
    return (value >= value.max(axis=1, keepdims=True) * TIE).argmax(axis=1)


def _search_three(histograms: Int[np.ndarray, "n l"]) -> Int[np.ndarray, "n"]:
    count, total = _sums(histograms)
    below, above = _outer_classes(count, total)
    n, span = histograms.shape
    best = np.full(n, -1.0)
    threshold = np.zeros(n, np.int32)
    for low in range(span - 2):
        between = _variance(count[:, low + 1 : -1] - count[:, low, None], total[:, low + 1 : -1] - total[:, low, None])
        between += above[:, low + 1 : -1]
        value = between.max(axis=1) + below[:, low]
        better = value * TIE > best
        best[better] = value[better]
        threshold[better] = low
    return threshold


def _sums(histograms: Int[np.ndarray, "n l"]) -> tuple[np.ndarray, np.ndarray]:
    """Cumulated counts and cumulated levels; whole numbers, held exactly by float64."""
    count = np.cumsum(histograms, axis=1, dtype=np.float64)
    total = np.cumsum(histograms * np.arange(histograms.shape[1]), axis=1, dtype=np.float64)
    return count, total


def _outer_classes(count: np.ndarray, total: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Terms of the between-class variance for the levels up to t, and for those above t."""
    return _variance(count, total), _variance(count[:, -1:] - count, total[:, -1:] - total)


def _variance(count: np.ndarray, total: np.ndarray) -> np.ndarray:
    """Count × mean² of a class, 0 where it is empty: what is left of its between-class variance (Liao, eq. 13)."""
    return np.divide(np.square(total), count, out=np.zeros_like(total), where=count > 0)


def _least_over_patches(thresholds: Int[np.ndarray, "r c"], *, reach: int) -> Int[np.ndarray, "a b"]:
    """For each stride-sized cell the least threshold of the ``reach`` × ``reach`` patches that cover it."""
    padded = np.pad(thresholds, reach - 1, constant_values=LEVELS)
    rows, cols = thresholds.shape[0] + reach - 1, thresholds.shape[1] + reach - 1
    down = np.minimum.reduce([padded[i : i + rows] for i in range(reach)])
    return np.minimum.reduce([down[:, i : i + cols] for i in range(reach)])


def otsu(grey: UInt8[np.ndarray, "h w"]) -> Bool[np.ndarray, "h w"]:
    """Levels not above Otsu's threshold of the whole photograph."""
    histogram = np.bincount(grey.ravel(), minlength=LEVELS)[None]
    return grey <= lower_threshold(histogram, classes=2)[0]
