"""Maps of one photograph at several sizes put together: each crack from those sizes that together see it best.

A network knows cracks of some widths in pixels. Which size of a photograph brings a crack there differs from crack to
crack, and between photographs of 0.2 and of 60 megapixels of the same wall. Sizes that lie beside each other agree on
what is a crack and differ in what they mistake for one, so a mean over a few of them is better than any alone. Each
piece of what is seen is taken from the mean over those neighbouring sizes that are surest along its middle: a fine size
sees the edges of a wide crack alone, and a coarse one nothing of a hairline.
"""

from collections.abc import Sequence

import numpy as np
from jaxtyping import Bool, Integer, UInt8
from scipy import ndimage
from skimage.segmentation import expand_labels

from crackpipe.imaging import images
from crackpipe.segment.inference import scale_choice

TOGETHER = 3  # neighbouring sizes that a mean is taken over
SEEN = 51  # level of such a mean from which there is a piece
REFERENCE_PX = 4_000_000  # pixels at most of the map on which pieces are told apart
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


def combined(maps: Sequence[UInt8[np.ndarray, "h w"]]) -> UInt8[np.ndarray, "h w"]:
    """Put the maps of a photograph together.

    Args:
        maps: confidence, 0–255, each brought to the photograph's size; of neighbouring sizes one after the other.
    """
    windows = [range(first, min(first + TOGETHER, len(maps))) for first in range(max(1, len(maps) - TOGETHER + 1))]
    if len(windows) == 1:
        return scale_choice.mean(maps)
    stride = int(np.ceil(np.sqrt(maps[0].size / REFERENCE_PX)))
    small = [images.largest_of_cells(levels, side_px=stride) for levels in maps]  # hairlines stay
    means = [scale_choice.mean([small[one] for one in window]) for window in windows]
    pieces, count = ndimage.label(np.maximum.reduce(means) >= SEEN, TOUCHING)
    chosen = np.ones((count + 1, len(maps)), bool)  # the ground takes all
    for number, best in enumerate(_surest(means, pieces, count), start=1):
        chosen[number] = np.isin(np.arange(len(maps)), windows[best])
    return _mean_by_piece(maps, chosen, expand_labels(pieces, AROUND_PX), stride)


def _surest(
    means: Sequence[UInt8[np.ndarray, "r c"]], pieces: Integer[np.ndarray, "r c"], count: int
) -> Integer[np.ndarray, "n"]:
    """Which of the means is surest along the middle of each piece; of equal ones the finest."""
    middle = np.where(_ridge(pieces > 0), pieces, 0)
    numbers = np.arange(1, count + 1)
    along = np.stack([ndimage.mean(levels, middle, numbers) for levels in means]) if count else np.zeros((1, 0))
    return np.asarray(along.argmax(axis=0))


def _ridge(mask: Bool[np.ndarray, "r c"]) -> Bool[np.ndarray, "r c"]:
    """Pixels of a mask that are as far from its border as any of their neighbours: the middle of its parts."""
    distance = images.distance_inside(mask)
    return mask & (distance >= images.dilate_disk(distance, radius_px=1))


def _mean_by_piece(
    maps: Sequence[UInt8[np.ndarray, "h w"]],
    chosen: Bool[np.ndarray, "n s"],
    pieces: Integer[np.ndarray, "r c"],
    stride: int,
) -> UInt8[np.ndarray, "h w"]:
    """The mean over the maps that are chosen for the piece of each pixel (0 is the ground), a few rows at a time."""
    height, width = maps[0].shape
    columns = np.arange(width) // stride
    counts = chosen.sum(axis=1).astype(np.uint16)
    found = np.empty((height, width), np.uint8)
    for row, own in zip(range(0, height, stride), pieces, strict=True):
        piece = own[columns]
        total = np.zeros((min(stride, height - row), width), np.uint16)
        for levels, takes in zip(maps, chosen.T, strict=True):
            total += np.where(takes[piece], levels[row : row + stride], np.uint8(0))
        found[row : row + stride] = (total + counts[piece] // 2) // counts[piece]
    return found
