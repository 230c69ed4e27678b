"""Maps of one photograph at several sizes put together: each crack as the sizes show it at which the network knows it.

A network that has seen cracks of some 3 to 26 px finds the edges of wider ones alone, and none of thinner ones. Which
size is right differs from crack to crack of one photograph, and between photographs of 0.2 and of 60 megapixels of the
same wall. So each piece of what any size shows is measured, and its confidence is the mean over those sizes at which it
is as wide as the network knows; the ground between the pieces takes the mean over all.
"""

from collections.abc import Sequence

import numpy as np
from jaxtyping import Bool, Float64, Integer, UInt8
from scipy import ndimage
from skimage.segmentation import expand_labels

from crackpipe.imaging import images

SEEN = 96  # level from which a size shows a piece
REFERENCE_PX = 4_000_000  # pixels at most of the map on which pieces are told apart
COVERED = 0.5  # of the middle of a piece, in shares of the most that a size shows of it: it sees the whole
BESIDE_PX = 3  # pixels that what a size shows may lie beside the middle
AROUND_PX = 6  # pixels of that map around a piece that go with it
TOUCHING = np.ones((3, 3), bool)


def scales(height: int, width: int, *, least_px: int, finest: float) -> list[float]:
    """Factors on a photograph's size, halved until its shorter side is less than twice ``least_px``, finest first.

    Args:
        height, width: of the photograph.
        least_px: of the shorter side at the coarsest.
        finest: the first factor.
    """
    found = [finest]
    while min(height, width) * found[-1] >= 2 * least_px:
        found.append(found[-1] / 2)
    return found


def combined(
    maps: Sequence[UInt8[np.ndarray, "h w"]], factors: Sequence[float], *, min_px: float, max_px: float
) -> UInt8[np.ndarray, "h w"]:
    """Put the maps of a photograph together.

    Args:
        maps: confidence, 0–255, each brought to the photograph's size.
        factors: on the photograph's size, at which each was made.
        min_px, max_px: widths of cracks that the network knows.
    """
    stride = int(np.ceil(np.sqrt(maps[0].size / REFERENCE_PX)))
    small = [_largest(levels, stride) >= SEEN for levels in maps]
    pieces, count = ndimage.label(np.logical_or.reduce(small), TOUCHING)
    chosen = np.ones((count + 1, len(maps)), bool)  # the ground takes all
    if count:
        chosen[1:] = _suiting(pieces, count, small, factors, stride=stride, min_px=min_px, max_px=max_px)
        pieces = expand_labels(pieces, AROUND_PX)
    return _mean(maps, chosen, pieces, stride)


def _largest(levels: UInt8[np.ndarray, "h w"], stride: int) -> UInt8[np.ndarray, "r c"]:
    """The largest level of each square of ``stride`` pixels: hairlines stay."""
    if stride == 1:
        return levels
    height, width = levels.shape
    padded = np.pad(levels, ((0, -height % stride), (0, -width % stride)))
    rows, cols = padded.shape[0] // stride, padded.shape[1] // stride
    return np.asarray(padded.reshape(rows, stride, cols, stride).max(axis=(1, 3)))


def _suiting(
    pieces: Integer[np.ndarray, "r c"],
    count: int,
    small: Sequence[Bool[np.ndarray, "r c"]],
    factors: Sequence[float],
    *,
    stride: int,
    min_px: float,
    max_px: float,
) -> Bool[np.ndarray, "n s"]:
    """Which sizes each piece is taken from."""
    numbers = np.arange(1, count + 1)
    middle = np.where(
        _ridge(pieces > 0), pieces, 0
    )  # thin cracks are seen too wide at coarse sizes, so areas tell nothing
    covered = np.stack([ndimage.sum_labels(_widened(seen), middle, numbers) for seen in small], axis=1)
    width = np.stack([_widths(seen, pieces, numbers) * stride for seen in small], axis=1)
    whole = covered >= COVERED * covered.max(axis=1, keepdims=True)
    order = np.argsort(factors)[::-1]  # finest first
    finest = order[whole[:, order].argmax(axis=1)]
    told = width[numbers - 1, finest][:, None] * np.array(factors)
    suits = (told >= min_px) & (told <= max_px) & (covered > 0)
    none = ~suits.any(axis=1)
    suits[none, finest[none]] = True
    return suits


def _ridge(mask: Bool[np.ndarray, "r c"]) -> Bool[np.ndarray, "r c"]:
    """Pixels of a mask that are as far from its border as any of their neighbours: the middle of its parts."""
    distance = images.distance_inside(mask)
    return mask & (distance >= images.dilate_disk(distance, radius_px=1))


def _widened(mask: Bool[np.ndarray, "r c"]) -> Bool[np.ndarray, "r c"]:
    return images.dilate_disk(mask.astype(np.uint8), radius_px=BESIDE_PX) > 0


def _widths(
    seen: Bool[np.ndarray, "r c"], pieces: Integer[np.ndarray, "r c"], numbers: Integer[np.ndarray, "n"]
) -> Float64[np.ndarray, "n"]:
    """Mean width of each piece: its pixels lie a quarter of it away from its border, on the average."""
    distance = images.distance_inside(seen)
    total = ndimage.sum_labels(distance, pieces, numbers)
    return 4 * total / np.maximum(ndimage.sum_labels(seen, pieces, numbers), 1)


def _mean(
    maps: Sequence[UInt8[np.ndarray, "h w"]],
    chosen: Bool[np.ndarray, "n s"],
    pieces: Integer[np.ndarray, "r c"],
    stride: int,
) -> UInt8[np.ndarray, "h w"]:
    """The mean over the chosen maps of each piece, to the nearest level."""
    height, width = maps[0].shape
    mean = np.empty((height, width), np.uint8)
    columns = np.arange(width) // stride
    for row in range(0, height, stride):
        own = pieces[row // stride][columns]
        total = np.zeros((min(stride, height - row), width), np.uint16)
        for levels, takes in zip(maps, chosen.T, strict=True):
            total += levels[row : row + stride] * takes[own].astype(np.uint16)
        counts = chosen.sum(axis=1).astype(np.uint16)[own]
        mean[row : row + stride] = ((total + counts // 2) // counts).astype(np.uint8)
    return mean
