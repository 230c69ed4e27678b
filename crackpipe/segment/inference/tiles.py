"""Crack confidence of photographs of any size: tiles, blended, in the memory of the result and a row of them."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np
from jaxtyping import Float32, Int, UInt8

from crackpipe import console
from crackpipe.errors import ParamsError
from crackpipe.imaging import banded_resize, images, patch_grid

Predict = Callable[[UInt8[np.ndarray, "b s t 3"]], Float32[np.ndarray, "b s t"]]

# Symmetries of the square, by their number: itself; mirrored left–right; both ways; quarter turns too.
SYMMETRIES = {1: (0,), 2: (0, 4), 4: (0, 2, 4, 6), 8: (0, 1, 2, 3, 4, 5, 6, 7)}
FEW_ROWS = 4  # of tiles: done before a bar would be read


@dataclass(frozen=True, slots=True)
class Axis:
    """The tiles along one axis of a photograph.

    Attributes:
        length: of the photograph.
        starts: first pixel of each tile, ascending.
        shares: weight of each tile's pixel in the mean of it and the tiles before it (1 where it is the first).
    """

    length: int
    starts: Int[np.ndarray, "n"]
    shares: Float32[np.ndarray, "n s"]

    @property
    def side_px(self) -> int:
        """Pixels of the photograph in a tile."""
        return self.shares.shape[1]


def predict(
    image: UInt8[np.ndarray, "h w 3"],
    predict: Predict,
    *,
    tile_px: int,
    overlap_px: int,
    multiple_px: int,
    flips: int,
    scale: float,
    batch_px: int,
    what: str | None,
) -> UInt8[np.ndarray, "h w"]:
    """Confidence of each pixel, 0–255, the mean over symmetries.

    A side of at most ``tile_px`` runs at its own length, mirrored to a multiple of ``multiple_px``; a longer one is
    cut into tiles of at most ``tile_px``, see :func:`lay`, and where tiles overlap their weights fall linearly
    towards their borders. Weights are applied as a running mean, so that tiles which agree stay exact.

    Beside the image and the result it takes about three rows of tiles in float32 and what ``predict`` needs for a
    batch: a resized photograph or map is never held whole.

    Args:
        image: RGB, 0–255.
        predict: maps a batch of RGB levels 0–255 to confidences in [0, 1], each at its pixel.
        tile_px: largest side of a tile, a multiple of ``multiple_px``.
        overlap_px: least overlap of neighbouring tiles, less than ``tile_px``.
        multiple_px: heights and widths of inputs of ``predict`` are multiples of it.
        flips: how many symmetries of the square each tile is averaged over, 1, 2, 4 or 8: see ``SYMMETRIES``.
        scale: factor that the photograph is resized by; the result has its own size again.
        batch_px: tiles of a row share batches of at most so many pixels (but one tile).
        what: names the progress bar that photographs of more than ``FEW_ROWS`` rows of tiles get; ``None``: no bar.

    Raises:
        ParamsError: a value is out of its range.
    """
    _check(tile_px=tile_px, overlap_px=overlap_px, multiple_px=multiple_px, flips=flips, scale=scale)
    height, width = image.shape[:2]
    levels = np.empty((height, width), np.uint8)
    run = partial(_averaged, predict, symmetries=SYMMETRIES[flips])
    down, across = (
        lay(max(1, round(length * scale)), tile_px=tile_px, overlap_px=overlap_px, multiple_px=multiple_px)
        for length in (height, width)
    )
    bands = _bands(image, run, down=down, across=across, multiple_px=multiple_px, batch_px=batch_px, what=what)
    top = 0
    for band in banded_resize.resized(bands, height=down.length, width=across.length, to_height=height, to_width=width):
        levels[top : top + len(band)] = images.to_levels(band)
        top += len(band)
    return levels


def lay(length: int, *, tile_px: int, overlap_px: int, multiple_px: int) -> Axis:
    """Tiles along ``length`` pixels: no more than tiles of ``tile_px`` would be, and no larger than these need be.

    Each begins ``overlap_px`` before the one before it ends; the last one is shifted inside.

    Args:
        length: of the photograph along this axis, at least 1.
        tile_px: largest side of a tile, a multiple of ``multiple_px``; a shorter photograph is one tile of its own
            length.
        overlap_px: least overlap of neighbouring tiles, less than ``tile_px``.
        multiple_px: sides of several tiles are multiples of it.
    """
    count = 1 + -(-max(0, length - tile_px) // (tile_px - overlap_px))
    needed = -(-(length + (count - 1) * overlap_px) // count)
    side = length if count == 1 else -(-needed // multiple_px) * multiple_px
    starts = np.minimum(np.arange(count) * (side - overlap_px), length - side)
    ramp = np.minimum(np.arange(1, side + 1), np.arange(side, 0, -1)).clip(max=overlap_px + 1)
    total = np.zeros(length, np.int64)
    shares = np.empty((count, side), np.float32)
    for tile, start in enumerate(starts):
        total[start : start + side] += ramp
        shares[tile] = ramp / total[start : start + side]
    return Axis(length, starts, shares)


def _bands(
    image: UInt8[np.ndarray, "h w 3"],
    run: Callable[[UInt8[np.ndarray, "b s t 3"]], Float32[np.ndarray, "b s t"]],
    *,
    down: Axis,
    across: Axis,
    multiple_px: int,
    batch_px: int,
    what: str | None,
) -> Iterator[Float32[np.ndarray, "_r _w"]]:
    """The map of the resized photograph, top to bottom, as soon as no later tile touches it.

    A band is overwritten when the next one is asked for: rows of tiles allocated anew would tear the heap apart, and
    cost twice the memory.
    """
    row = np.empty((down.side_px, across.length), np.float32)
    overlap = np.empty((0, across.length), np.float32)  # the last row's pixels that this row covers too
    tall, wide = (axis.side_px + -axis.side_px % multiple_px for axis in (down, across))
    together = max(1, batch_px // (tall * wide))
    ends = [*down.starts[1:].tolist(), down.length]
    rows: Iterable[tuple[int, int, np.ndarray]] = zip(down.starts.tolist(), ends, down.shares, strict=True)
    if what is not None and len(ends) > FEW_ROWS:
        rows = console.bar(rows, what=what, total=len(ends), unit="rows of tiles")
    for top, end, share in rows:
        read = partial(_read, image, top=top, down=down, across=across, multiple_px=multiple_px)
        _fill(row, read, run, across=across, together=together)
        common = len(overlap)
        row[:common] = overlap + share[:common, None] * (row[:common] - overlap)
        yield row[: end - top]
        overlap = row[end - top :].copy()


def _fill(
    row: Float32[np.ndarray, "r w"],
    read: Callable[[int], UInt8[np.ndarray, "s t 3"]],
    run: Callable[[UInt8[np.ndarray, "b s t 3"]], Float32[np.ndarray, "b s t"]],
    *,
    across: Axis,
    together: int,
) -> None:
    """Fill ``row`` with the blended maps of one row of tiles, so many of them in a batch."""
    tall = len(row)
    covered = 0  # columns that the tiles so far cover
    for first in range(0, len(across.starts), together):
        lefts = across.starts[first : first + together].tolist()
        maps = run(np.stack([read(left) for left in lefts]))[:, :tall, : across.side_px]
        for left, share, tile in zip(lefts, across.shares[first:], maps, strict=False):
            row[:, left:covered] += share[: covered - left] * (tile[:, : covered - left] - row[:, left:covered])
            row[:, covered : left + across.side_px] = tile[:, covered - left :]
            covered = left + across.side_px


def _read(
    image: UInt8[np.ndarray, "h w 3"], left: int, *, top: int, down: Axis, across: Axis, multiple_px: int
) -> UInt8[np.ndarray, "s t 3"]:
    """One tile of the resized photograph, mirrored to a multiple of ``multiple_px``."""
    pixels = banded_resize.part(
        image,
        height=down.length,
        width=across.length,
        top=top,
        left=left,
        tall=down.side_px,
        wide=across.side_px,
    )
    return images.pad_reflect(pixels, bottom=-down.side_px % multiple_px, right=-across.side_px % multiple_px)


def _averaged(
    predict: Predict, tiles: UInt8[np.ndarray, "b s t 3"], *, symmetries: Sequence[int]
) -> Float32[np.ndarray, "b s t"]:
    """The mean map of each tile over the symmetries: turned, predicted, turned back."""
    squares = np.moveaxis(tiles, 0, 2)
    total = np.zeros(squares.shape[:3], np.float32)
    for symmetry in symmetries:
        turned = np.ascontiguousarray(np.moveaxis(patch_grid.apply_symmetry(squares, symmetry), 2, 0))
        maps = predict(turned)
        total += patch_grid.undo_symmetry(np.moveaxis(maps, 0, 2), symmetry)
    total /= len(symmetries)
    return np.moveaxis(total, 2, 0)


def _check(*, tile_px: int, overlap_px: int, multiple_px: int, flips: int, scale: float) -> None:
    if tile_px < 1 or tile_px % multiple_px:
        below = max(multiple_px, tile_px // multiple_px * multiple_px)
        raise ParamsError(
            f"segment.tile_px: got {tile_px}, expected a multiple of {multiple_px} (the network's); set it to {below}"
        )
    if not 0 <= overlap_px < tile_px:
        raise ParamsError(
            f"segment.overlap_px: got {overlap_px}, expected 0–{tile_px - 1} (less than segment.tile_px); "
            f"set it to {tile_px // 4}, or raise segment.tile_px"
        )
    if flips not in SYMMETRIES:
        raise ParamsError(f"segment.flips: got {flips}, expected one of {', '.join(map(str, SYMMETRIES))}")
    if not 0 < scale < float("inf"):
        raise ParamsError(f"segment.scales: got {scale}, expected finite factors above 0, such as 1.0")
