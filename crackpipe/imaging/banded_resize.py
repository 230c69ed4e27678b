"""Photographs and maps resized part by part: nothing but the part is ever held at the new size.

Shrinking takes area means, enlarging linear interpolation; both in float32, with OpenCV's pixel centres.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float32, Int, Shaped, UInt8


@dataclass(frozen=True, slots=True)
class Taps:
    """Pixels of a line that make each pixel of the resized line, and their weights.

    Attributes:
        index: the source pixels of each target pixel, ascending.
        share: how far the mean so far moves to each of them in turn (the first: 1). Weights written so keep equal
            values exactly equal, which a weighted sum in float32 does not.
    """

    index: Int[np.ndarray, "n k"]
    share: Float32[np.ndarray, "n k"]


def taps(length: int, new_length: int, *, start: int, stop: int) -> Taps:
    """Taps of some target pixels of a resized axis.

    Args:
        length, new_length: of the axis before and after, pixels.
        start, stop: first target pixel, and the one after the last.
    """
    ratio = length / new_length
    target = np.arange(start, stop)
    if ratio > 1:
        low = target * ratio
        first = low.astype(np.int64)
        source = first[:, None] + np.arange(int(np.ceil(ratio)) + 1)
        weight = np.minimum(source + 1, (low + ratio)[:, None]) - np.maximum(source, low[:, None])
        weight = np.where(source < length, weight.clip(min=0), 0)
    else:
        centre = np.clip((target + 0.5) * ratio - 0.5, 0, length - 1)
        first = centre.astype(np.int64)
        source = first[:, None] + np.arange(2)
        weight = np.stack([1 - (centre - first), centre - first], axis=1)
    share = weight / np.cumsum(weight, axis=1)
    return Taps(np.minimum(source, length - 1), share.astype(np.float32))


def part(
    image: UInt8[np.ndarray, "h w 3"],
    *,
    height: int,
    width: int,
    top: int,
    left: int,
    tall: int,
    wide: int,
) -> UInt8[np.ndarray, "tall wide 3"]:
    """Compute a part of a resized image; a view, where the image has that size already.

    Args:
        image: RGB, 0–255.
        height, width: size of the whole resized image.
        top, left: first row and column of the part in it.
        tall, wide: rows and columns of the part.
    """
    if image.shape[:2] == (height, width):
        return image[top : top + tall, left : left + wide]
    rows = taps(image.shape[0], height, start=top, stop=top + tall)
    cols = taps(image.shape[1], width, start=left, stop=left + wide)
    first, last = int(cols.index[0, 0]), int(cols.index[-1, -1])
    lines = _means(image[:, first : last + 1], rows, axis=0)
    return np.rint(_means(lines, Taps(cols.index - first, cols.share), axis=1)).astype(np.uint8)


def resized(
    bands: Iterable[Float32[np.ndarray, "_r _w"]], *, height: int, width: int, to_height: int, to_width: int
) -> Iterator[Float32[np.ndarray, "_s _t"]]:
    """Resize a map that comes in bands, top to bottom; yield bands of the new map.

    Args:
        bands: of the map, each of its whole width.
        height, width: of the map.
        to_height, to_width: of the new map.
    """
    if (height, width) == (to_height, to_width):
        yield from bands
        return
    cols = taps(width, to_width, start=0, stop=to_width)
    rows = taps(height, to_height, start=0, stop=to_height)
    waiting = np.empty((0, to_width), np.float32)
    first = done = 0
    for band in bands:
        waiting = np.concatenate([waiting, _means(band, cols, axis=1)])
        ready = int(np.searchsorted(rows.index[:, -1], first + len(waiting)))
        yield _means(waiting, Taps(rows.index[done:ready] - first, rows.share[done:ready]), axis=0)
        done = ready
        used = int(rows.index[ready, 0]) - first if ready < to_height else len(waiting)
        waiting, first = waiting[used:], first + used


def _means(values: Shaped[np.ndarray, "h w ..."], line: Taps, *, axis: int) -> Float32[np.ndarray, "a b ..."]:
    """The weighted means of ``values`` along an axis: one running mean over the taps."""
    mean = values.take(line.index[:, 0], axis).astype(np.float32)
    shape = [1] * values.ndim
    shape[axis] = -1
    for tap in range(1, line.index.shape[1]):
        step = values.take(line.index[:, tap], axis) - mean
        step *= line.share[:, tap].reshape(shape)
        mean += step
    return mean
