"""Choose from which confidence on a segmenter's pixels are crack: on validation photographs, and on crack-free ones.

A user has one threshold, not the best of 99 on the test set. Two levels make it: what may be crack, and what a piece
must reach somewhere to be one (hysteresis); and pieces shorter than so many pixels are none. F1 is the mean over
photographs, so that wide cracks do not outweigh hairlines, and of photographs of several kinds each kind counts the
same. Of all combinations within a point of the highest F1 the quietest on crack-free photographs is taken; among
those that leave nine in ten of them alone, and among equals, the one with the highest F1.
"""

import itertools
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd
from jaxtyping import Bool, Float64, Integer, UInt8
from scipy import ndimage

from crackpipe.imaging import images

LEVELS = tuple(round(0.1 + 0.05 * step, 2) for step in range(17))  # 0.1 to 0.9
CERTAIN = (0.0, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9)
LENGTHS_PX = (0, 8, 16, 24, 32, 48, 64)
TOLERANCE_PX = 2  # a crack pixel so near to the truth is right: truth is drawn by hand
CLAIMED = 0.001  # share of a crack-free photograph's pixels from which it is claimed to have cracks
QUIET = 0.9  # share of crack-free photographs that shall not be claimed …
COST = 0.01  # … for so much of F1 at most
COLUMNS = ["level", "certain", "min_length_px", "f1", "quiet"]
TOUCHING = np.ones((3, 3), bool)


@dataclass(frozen=True, slots=True)
class Pieces:
    """Pieces of a map at one level.

    Attributes:
        strongest: confidence that each reaches somewhere, 0–1.
        length_px: of the diagonal of the box around each.
        pixels: of each.
        right: of these, those near the truth.
        found: pixels of the truth that are near each.
    """

    strongest: Float64[np.ndarray, "n"]
    length_px: Float64[np.ndarray, "n"]
    pixels: Integer[np.ndarray, "n"]
    right: Integer[np.ndarray, "n"]
    found: Integer[np.ndarray, "n"]

    def taken(self, *, certain: float, min_length_px: float) -> Bool[np.ndarray, "n"]:
        """Which pieces count as cracks."""
        return (self.strongest >= certain) & (self.length_px >= min_length_px)


def search(
    cracked: Mapping[str, Iterable[tuple[UInt8[np.ndarray, "_h _w"], Bool[np.ndarray, "_h _w"]]]],
    crack_free: Mapping[str, Iterable[UInt8[np.ndarray, "_r _c"]]],
) -> pd.DataFrame:
    """Score every combination of settings.

    Args:
        cracked: maps of confidence, 0–255, with the truth of each, by where they are from; those without a crack are
            left out.
        crack_free: maps of photographs without a crack, by where they are from.

    Returns:
        Columns ``COLUMNS``: ``f1`` within ``TOLERANCE_PX``, the mean over photographs with cracks, and over where
        they are from; ``quiet`` is the share of crack-free photographs of which less than ``CLAIMED`` is claimed, the
        mean over where they are from; and the same of each of these, ``quiet_`` and its name.

    Raises:
        ValueError: there is no photograph with a crack, or none of a kind.
    """
    shown = [
        [(pieces(levels, truth), int(truth.sum())) for levels, truth in maps if truth.any()]
        for maps in cracked.values()
    ]
    if not shown or not all(shown):
        raise ValueError("no photograph with a mask; the settings are chosen on some")
    silent = {
        kind: [(pieces(levels, np.zeros(levels.shape, bool)), levels.size) for levels in maps]
        for kind, maps in crack_free.items()
    }
    rows = []
    for setting in itertools.product(LEVELS, CERTAIN, LENGTHS_PX):
        if 0 < setting[1] <= setting[0]:  # as certain as every pixel of the piece
            continue
        quiet = [_quiet(maps, *setting) for maps in silent.values()]
        f1 = float(np.mean([_mean_f1(maps, *setting) for maps in shown]))
        rows.append((*setting, f1, float(np.mean(quiet)) if quiet else 1.0, *quiet))
    return pd.DataFrame(rows, columns=[*COLUMNS, *(f"quiet_{kind}" for kind in silent)])


def best(table: pd.DataFrame) -> pd.Series:
    """The row with the highest F1 of the quiet ones; the quietest within ``COST`` where that costs more."""
    near = table[table["f1"] >= table["f1"].max() - COST]
    quiet = near[near["quiet"] >= min(QUIET, near["quiet"].max())]
    order = ["f1", "quiet", "level", "certain", "min_length_px"]
    return quiet.sort_values(order, ascending=False, kind="stable").iloc[0]


def pieces(
    levels: UInt8[np.ndarray, "h w"], truth: Bool[np.ndarray, "h w"], *, at: Iterable[float] = LEVELS
) -> dict[float, Pieces]:
    """Pieces of a map at each level.

    Args:
        levels: confidence, 0–255.
        truth: True on cracks, or on their centre-lines alone.
        at: levels, in (0, 1].
    """
    near = images.dilate_disk(truth.astype(np.uint8), radius_px=TOLERANCE_PX) > 0
    return {level: _at(levels, truth, near, level) for level in at}


def _at(
    levels: UInt8[np.ndarray, "h w"], truth: Bool[np.ndarray, "h w"], near: Bool[np.ndarray, "h w"], level: float
) -> Pieces:
    numbers, count = ndimage.label(images.at_least(levels, level), TOUCHING)
    index = np.arange(1, count + 1)
    boxes = [(rows.stop - rows.start, cols.stop - cols.start) for rows, cols in ndimage.find_objects(numbers)]
    reached = _around(numbers)
    return Pieces(
        strongest=np.atleast_1d(ndimage.maximum(levels, numbers, index)).astype(np.float64)[:count] / 255,
        length_px=np.hypot(*np.array(boxes, np.float64).reshape(-1, 2).T),
        pixels=np.bincount(numbers.ravel(), minlength=count + 1)[1:],
        right=np.bincount(numbers[near], minlength=count + 1)[1:],
        found=np.bincount(reached[truth], minlength=count + 1)[1:],
    )


def _around(numbers: Integer[np.ndarray, "h w"]) -> Integer[np.ndarray, "h w"]:
    """The number of the nearest piece of each pixel that is near one; 0 elsewhere."""
    distance, (rows, cols) = ndimage.distance_transform_edt(numbers == 0, return_indices=True)
    return np.where(distance <= TOLERANCE_PX, numbers[rows, cols], 0)


def _mean_f1(shown: list[tuple[dict[float, Pieces], int]], level: float, certain: float, min_length_px: float) -> float:
    return float(np.mean([_f1(pieces, truth, certain, min_length_px) for pieces, truth in _chosen(shown, level)]))


def _f1(pieces: Pieces, truth: int, certain: float, min_length_px: float) -> float:
    taken = pieces.taken(certain=certain, min_length_px=min_length_px)
    precision = int(pieces.right[taken].sum()) / max(int(pieces.pixels[taken].sum()), 1)
    recall = int(pieces.found[taken].sum()) / truth
    return 2 * precision * recall / max(precision + recall, 1e-12)


def _quiet(silent: list[tuple[dict[float, Pieces], int]], level: float, certain: float, min_length_px: float) -> float:
    if not silent:
        return 1.0
    claimed = [
        pieces.pixels[pieces.taken(certain=certain, min_length_px=min_length_px)].sum() >= CLAIMED * size
        for pieces, size in _chosen(silent, level)
    ]
    return 1 - float(np.mean(claimed))


def _chosen(maps: list[tuple[dict[float, Pieces], int]], level: float) -> Iterator[tuple[Pieces, int]]:
    return ((pieces[level], size) for pieces, size in maps)
