"""Wide cracks on a smaller map: what is a hundred pixels wide has the same course at a quarter of the size."""

from collections.abc import Sequence

import numpy as np
from jaxtyping import Bool, Float32, Integer
from skimage.segmentation import expand_labels

from crackpipe.imaging import images

WIDE_PX, ENOUGH_PX = 48, 24  # mean width of cracks from which a map is made smaller, and what is left of it at least
EDGE_PX = 2.0  # pixels of the smaller map by which a crack's pixels may lie beside it


def times(mask: Bool[np.ndarray, "h w"]) -> int:
    """How many times smaller a map may be in which the cracks of a mask are still wide; 1 where they are not."""
    inside = images.distance_inside(mask)[mask]
    if not len(inside):
        return 1
    # a pixel lies a quarter of it from the edge; without an edge anywhere the distance is endless
    width = min(4 * float(inside.mean(dtype=np.float64)), *mask.shape)
    return int(width // ENOUGH_PX) if width >= WIDE_PX else 1


def shrunk(values: Float32[np.ndarray, "h w"], times: int) -> Float32[np.ndarray, "r c"]:
    """Means of squares of ``times`` pixels; the border is repeated to whole squares."""
    height, width = values.shape
    padded = np.pad(values, ((0, -height % times), (0, -width % times)), mode="edge")
    return images.resize(padded, height=padded.shape[0] // times, width=padded.shape[1] // times, method="area")


def owners(
    mask: Bool[np.ndarray, "h w"], pixels: Sequence[Integer[np.ndarray, "_p 2"]], times: int
) -> Integer[np.ndarray, "h w"]:
    """Number of the crack that each pixel of a mask belongs to, from 1 on; 0 elsewhere.

    Args:
        mask: of the large map.
        pixels: row and column of the pixels of each crack on the smaller one.
        times: how many times smaller that is.
    """
    height, width = mask.shape
    small = np.zeros((-(-height // times), -(-width // times)), np.int32)
    for number, own in enumerate(pixels, start=1):
        small[tuple(own.T)] = number
    large = expand_labels(small, EDGE_PX).repeat(times, axis=0)[:height].repeat(times, axis=1)[:, :width]
    return np.where(mask, large, 0)
