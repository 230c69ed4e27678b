"""Dark pixels by multi-Otsu thresholds of overlapping patches (König et al., section III-C).

All patches of a photograph are thresholded at once. Tie rule: of equally good thresholds the smallest is taken; a
level equal to the threshold belongs to the class below it.
"""

import numpy as np
from jaxtyping import Bool, Float64, Int, UInt8

from crackpipe import images
from crackpipe.data import slices

LEVELS = 256
NONE_DARK = -1
ROWS_AT_ONCE = 128  # keeps the working arrays inside the processor's cache
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
    occupied = (histograms > 0).sum(axis=1)
    usable = np.flatnonzero(occupied >= classes)
    usable = usable[np.argsort(occupied[usable], kind="stable")]  # like numbers of levels together: few cost little
    search = _search_three if classes == 3 else _search_two
    for start in range(0, len(usable), ROWS_AT_ONCE):
        index = usable[start : start + ROWS_AT_ONCE]
        pixels, levels = _packed(histograms[index], occupied[index])
        best = search(np.cumsum(pixels, axis=0), np.cumsum(pixels * levels, axis=0), occupied[index])
        found[index] = levels[best, np.arange(len(index))].astype(np.int32)
    return found


def _packed(
    histograms: Int[np.ndarray, "n 256"], occupied: Int[np.ndarray, "n"]
) -> tuple[Float64[np.ndarray, "l n"], Float64[np.ndarray, "l n"]]:
    """Pixels and level of each occupied level, first things first; rows past a histogram's last level hold 0 pixels.

    A threshold on an empty level parts the pixels as the occupied level below it does, so none is lost. Histograms
    lie side by side, as all of them take each step of the search together.
    """
    pixels, levels = np.zeros((2, int(occupied.max()), len(histograms)))
    which, level = np.nonzero(histograms)
    place = np.arange(len(which)) - np.repeat(np.cumsum(occupied) - occupied, occupied)
    pixels[place, which] = histograms[which, level]
    levels[place, which] = level
    return pixels, levels


def _search_two(
    count: Float64[np.ndarray, "l n"], total: Float64[np.ndarray, "l n"], occupied: Int[np.ndarray, "n"]
) -> Int[np.ndarray, "n"]:
    value = np.square(total) / count + _above(count, total, occupied)
    return (value >= value.max(axis=0) * TIE).argmax(axis=0)


def _search_three(
    count: Float64[np.ndarray, "l n"], total: Float64[np.ndarray, "l n"], occupied: Int[np.ndarray, "n"]
) -> Int[np.ndarray, "n"]:
    below, above = np.square(total) / count, _above(count, total, occupied)
    best = np.full(count.shape[1], -1.0)
    threshold = np.zeros(count.shape[1], np.int64)
    middle, pixels = np.empty_like(total), np.empty_like(count)
    for low in range(len(count) - 2):
        between, n = middle[: len(count) - low - 2], pixels[: len(count) - low - 2]
        np.subtract(total[low + 1 : -1], total[low], out=between)
        np.square(between, out=between)
        np.subtract(count[low + 1 : -1], count[low], out=n)
        # past a histogram's last level n is 0, and the −inf of ``above`` decides
        np.divide(between, np.maximum(n, 1, out=n), out=between)
        np.add(between, above[low + 1 : -1], out=between)
        value = between.max(axis=0) + below[low]
        better = value * TIE > best
        best[better] = value[better]
        threshold[better] = low
    return threshold


def _above(
    count: Float64[np.ndarray, "l n"], total: Float64[np.ndarray, "l n"], occupied: Int[np.ndarray, "n"]
) -> Float64[np.ndarray, "l n"]:
    """Count × mean² of the levels above each (Liao, eq. 13); −inf from a histogram's last level on."""
    left = count[-1] - count
    value = np.square(total[-1] - total) / np.maximum(left, 1)
    return np.where(np.arange(len(count))[:, None] < occupied - 1, value, -np.inf)


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
