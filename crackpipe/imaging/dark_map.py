"""Dark pixels by multi-Otsu thresholds of overlapping patches (König et al., section III-C).

The search for thresholds, and what it does with ties, is :mod:`crackpipe.imaging.otsu`'s.
"""

import numpy as np
from jaxtyping import Bool, Float32, Int, UInt8

from crackpipe.imaging import images, patch_grid
from crackpipe.imaging import otsu as multi_otsu

LEVELS = multi_otsu.LEVELS
NONE_DARK = multi_otsu.NONE_DARK
STEPS = np.float32(80)  # beyond so many softnesses above the threshold nothing is dark, and float32's exp overflows


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
        wanted: True for pixels of interest; the others come out False, and patches without one are not thresholded.
    """
    grey = filtered_grey(image, bilateral_px=bilateral_px, bilateral_sigma=bilateral_sigma)
    height, width = grey.shape
    thresholds = patch_thresholds(grey, side_px=side_px, stride_px=stride_px, classes=classes, wanted=wanted)
    strictest = _least_over_patches(thresholds, reach=side_px // stride_px)
    per_px = np.repeat(np.repeat(strictest, stride_px, axis=0), stride_px, axis=1)[:height, :width]
    return grey <= per_px if wanted is None else (grey <= per_px) & wanted


def _touching(
    wanted: Bool[np.ndarray, "h w"], grid: tuple[int, ...], stride_px: int, reach: int
) -> Bool[np.ndarray, "r c"]:
    """Find the patches of the grid that cover a wanted pixel."""
    rows, cols = grid[0] + reach - 1, grid[1] + reach - 1
    padded = np.zeros((rows * stride_px, cols * stride_px), bool)
    padded[: wanted.shape[0], : wanted.shape[1]] = wanted
    cells = images.largest_of_cells(padded, side_px=stride_px)
    down = np.maximum.reduce([cells[i : i + grid[0]] for i in range(reach)])
    return np.maximum.reduce([down[:, i : i + grid[1]] for i in range(reach)])


def filtered_grey(
    image: UInt8[np.ndarray, "h w 3"], *, bilateral_px: int, bilateral_sigma: float
) -> UInt8[np.ndarray, "h w"]:
    """Grey levels after a bilateral filter (König et al., eq. 1–4).

    Args:
        image: RGB, 0–255.
        bilateral_px: diameter of the filter; 0 leaves it out.
        bilateral_sigma: in grey levels and in pixels.
    """
    if bilateral_px:
        image = images.bilateral(
            image, diameter_px=bilateral_px, sigma_colour=bilateral_sigma, sigma_space=bilateral_sigma
        )
    return images.to_grey(image)


def weighted_threshold(grey: UInt8[np.ndarray, "h w"], weights: UInt8[np.ndarray, "h w"], *, classes: int) -> int:
    """Lower threshold of multi-Otsu of one histogram in which each pixel counts ``weights`` times.

    Args:
        grey: levels, 0–255.
        weights: of each pixel, 0–255.
        classes: of multi-Otsu, 2 or 3.

    Returns:
        The highest level of the darkest class, or −1 where fewer than ``classes`` levels have a weight.
    """
    return int(lower_threshold(weighted_histogram(grey, weights)[None], classes=classes)[0])


def weighted_histogram(grey: UInt8[np.ndarray, "h w"], weights: UInt8[np.ndarray, "h w"]) -> Int[np.ndarray, "256"]:
    """Grey levels, each pixel counted ``weights`` times."""
    return np.bincount(grey.ravel(), weights=weights.ravel(), minlength=LEVELS).astype(np.int64)


def patch_thresholds(
    grey: UInt8[np.ndarray, "h w"],
    *,
    side_px: int,
    stride_px: int,
    classes: int,
    wanted: Bool[np.ndarray, "h w"] | None = None,
) -> Int[np.ndarray, "r c"]:
    """Lower threshold of each patch of the grid; 256 for a patch without a ``wanted`` pixel, which is not searched.

    The photograph is mirrored beyond its lower and right border where a patch stands over it.

    Args:
        grey: levels 0–255.
        side_px, stride_px: of the grid; the side is a multiple of the stride.
        classes: 2 or 3.
        wanted: as for :func:`dark`.
    """
    rows = patch_grid.starts(grey.shape[0], side_px=side_px, stride_px=stride_px)
    cols = patch_grid.starts(grey.shape[1], side_px=side_px, stride_px=stride_px)
    bottom, right = int(rows[-1]) + side_px - grey.shape[0], int(cols[-1]) + side_px - grey.shape[1]
    padded = images.pad_reflect(grey, bottom=bottom, right=right)
    searched = np.ones((len(rows), len(cols)), bool)
    if wanted is not None:
        searched = _touching(wanted, searched.shape, stride_px, side_px // stride_px)
    return multi_otsu.patch_thresholds(padded, side_px=side_px, stride_px=stride_px, classes=classes, searched=searched)


def lower_threshold(histograms: Int[np.ndarray, "n 256"], *, classes: int) -> Int[np.ndarray, "n"]:
    """Lower threshold of Otsu's method with 2 or 3 classes (Liao et al. 2001), for each histogram.

    Returns:
        The highest level of the darkest class, or −1 for a histogram with fewer than ``classes`` levels, in which
        nothing is dark (König's public code divides by zero there).
    """
    thresholds = [multi_otsu.lower_threshold(histogram, classes=classes) for histogram in histograms.astype(np.int64)]
    return np.array(thresholds, np.int32)


def _least_over_patches(thresholds: Int[np.ndarray, "r c"], *, reach: int) -> Int[np.ndarray, "a b"]:
    """For each stride-sized cell the least threshold of the ``reach`` × ``reach`` patches that cover it."""
    padded = np.pad(thresholds, reach - 1, constant_values=LEVELS)
    rows, cols = thresholds.shape[0] + reach - 1, thresholds.shape[1] + reach - 1
    down = np.minimum.reduce([padded[i : i + rows] for i in range(reach)])
    return np.minimum.reduce([down[:, i : i + cols] for i in range(reach)])


def otsu(grey: UInt8[np.ndarray, "h w"], *, classes: int = 2) -> Bool[np.ndarray, "h w"]:
    """Find the levels not above the lower threshold of Otsu's method, with 2 or 3 classes, of the whole photograph."""
    histogram = np.bincount(grey.ravel(), minlength=LEVELS)[None]
    return grey <= lower_threshold(histogram, classes=classes)[0]


def soft_darkness(grey: UInt8[np.ndarray, "h w"], *, threshold: int, softness: float) -> Float32[np.ndarray, "h w"]:
    """``sigmoid((threshold − grey) / softness)``, ½ at the threshold; with ``softness=0`` 1 up to it, 0 above.

    Args:
        grey: levels 0–255.
        threshold: a level; −1 where nothing is dark.
        softness: grey levels, 0 or more.
    """
    levels = np.arange(256, dtype=np.float32)
    if softness:
        steps = (levels - np.float32(threshold)) / np.float32(softness)
        table = 1 / (1 + np.exp(np.minimum(steps, STEPS)))
    else:
        table = (levels <= threshold).astype(np.float32)
    return table[grey]
