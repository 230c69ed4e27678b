"""Pieces of a map of confidence that may be one crack, joined across cells: memory for pieces, not for pixels."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Int64, Integer, UInt8
from scipy import ndimage, sparse

from crackpipe.apply.orthomosaic import windows
from crackpipe.apply.orthomosaic.raster import Levels
from crackpipe.imaging import images
from crackpipe.measures.geometry import GeometrySettings

TOUCHING = np.ones((3, 3), bool)
Numbers = Int64[np.ndarray, "_n"]
Box = tuple[int, int, int, int]  # first row and column, and those after the last


@dataclass(frozen=True, slots=True)
class Piece:
    """Pixels of one cell that hang together.

    Attributes:
        cell: its rows and columns.
        seed: row and column of a pixel.
        box: of its pixels.
        size: number of its pixels.
        largest: level of them.
    """

    cell: tuple[slice, slice]
    seed: tuple[int, int]
    box: Box
    size: int
    largest: int


Group = list[Piece]
"""Pieces of one or more cells that hang together."""


def box_of(group: Group) -> Box:
    """The box of a group."""
    tops, lefts, bottoms, rights = zip(*(piece.box for piece in group), strict=True)
    return min(tops), min(lefts), max(bottoms), max(rights)


def reach_px(settings: GeometrySettings) -> int:
    """Radius of the disks around pixels that touch where no more than the gap of one crack lies between."""
    return int(np.ceil((settings.gap_px + 1) / 2)) if settings.gap_px else 0


def reached(
    levels: UInt8[np.ndarray, "h w"], settings: GeometrySettings
) -> tuple[Bool[np.ndarray, "h w"], Bool[np.ndarray, "h w"]]:
    """What may be crack, and all that lies within reach of it: where that hangs together, so may the crack."""
    found = images.at_least(levels, settings.level)
    if not settings.gap_px:
        return found, found
    return found, images.dilate_disk(found.astype(np.uint8), radius_px=reach_px(settings)) > 0


def find(levels: Levels, *, height: int, width: int, settings: GeometrySettings) -> list[Group]:
    """Find the groups of a map that are large and certain enough for a crack, in reading order of cells.

    Args:
        levels: the map.
        height, width: of it.
        settings: what counts as a crack.
    """
    search = _Search(settings)
    for rows in windows.cells(height):
        search.begin_row()
        for cols in windows.cells(width):
            search.add(levels, rows, cols, height=height, width=width)
    return search.groups()


class _Search:
    """Pieces so far, and the numbers along the edges that later cells will touch.

    A piece that touches no edge of its cell is whole, and forgotten at once where it is no crack.
    """

    def __init__(self, settings: GeometrySettings) -> None:
        self._settings = settings
        self._pieces: list[Piece] = []
        self._owner: list[int] = []  # number of each piece
        self._count = 1  # numbers given; 0 is none
        self._pairs: list[Int64[np.ndarray, "2 _n"]] = []
        self._above: dict[int, Numbers] = {}
        self._below: dict[int, Numbers] = {}
        self._right: tuple[int, Numbers] | None = None

    def begin_row(self) -> None:
        self._above, self._below, self._right = self._below, {}, None

    def add(self, levels: Levels, rows: slice, cols: slice, *, height: int, width: int) -> None:
        reach = reach_px(self._settings)
        above, before = min(reach, rows.start), min(reach, cols.start)
        seen = levels.read(
            slice(rows.start - above, min(rows.stop + reach, height)),
            slice(cols.start - before, min(cols.stop + reach, width)),
        )
        core = slice(above, above + rows.stop - rows.start), slice(before, before + cols.stop - cols.start)
        found, wide = reached(seen, self._settings)
        if not found.any():
            return
        local, count = ndimage.label(wide[core], TOUCHING)  # what hangs together elsewhere is joined along the edges
        touching = np.unique(np.concatenate([local[0], local[-1], local[:, 0], local[:, -1]]))
        touching = touching[touching > 0]
        numbers = np.zeros(count + 1, np.int64)
        numbers[touching] = self._count + np.arange(len(touching))
        self._count += len(touching)
        for label, piece in _pieces(seen[core], found[core], local, (rows, cols)):
            if numbers[label]:
                self._keep(piece, int(numbers[label]))
            elif self._may_be_crack([piece]):
                self._keep(piece, self._count)
                self._count += 1
        self._join(numbers[local[0]], numbers[local[-1]], numbers[local[:, 0]], numbers[local[:, -1]], left=cols.start)

    def _keep(self, piece: Piece, number: int) -> None:
        self._pieces.append(piece)
        self._owner.append(number)

    def _may_be_crack(self, group: Group) -> bool:
        least = self._settings.min_length_px / np.sqrt(2)  # no line of pixels is longer than its diagonal steps
        certain = max(piece.largest for piece in group) >= self._settings.certain * 255
        return certain and bool(sum(piece.size for piece in group) >= least)

    def _join(
        self,
        top: Int64[np.ndarray, "w"],
        bottom: Int64[np.ndarray, "w"],
        first: Int64[np.ndarray, "h"],
        last: Int64[np.ndarray, "h"],
        *,
        left: int,
    ) -> None:
        """Note which numbers along a cell's edges meet those of the cells before it."""
        right = left + len(top)
        if left in self._above:
            self._pairs.append(_meeting(self._above[left], top))
        if self._right is not None and self._right[0] == left:
            self._pairs.append(_meeting(self._right[1], first))
        if left - windows.CELL_PX in self._above:  # cells that meet at their corners
            self._pairs.append(_meeting(self._above[left - windows.CELL_PX][-1:], top[:1]))
        if right in self._above:
            self._pairs.append(_meeting(self._above[right][:1], top[-1:]))
        self._below[left], self._right = bottom, (right, last)

    def groups(self) -> list[Group]:
        if not self._pieces:
            return []
        pairs = np.concatenate([*self._pairs, np.zeros((2, 0), np.int64)], axis=1)
        graph = sparse.coo_matrix((np.ones(pairs.shape[1]), tuple(pairs)), shape=(self._count, self._count))
        number = sparse.csgraph.connected_components(graph, directed=False)[1]
        found: dict[int, Group] = {}
        for piece, owner in zip(self._pieces, self._owner, strict=True):
            found.setdefault(int(number[owner]), []).append(piece)
        return [group for group in found.values() if self._may_be_crack(group)]


def _pieces(
    levels: UInt8[np.ndarray, "h w"],
    found: Bool[np.ndarray, "h w"],
    local: Integer[np.ndarray, "h w"],
    cell: tuple[slice, slice],
) -> Iterator[tuple[int, Piece]]:
    """The pieces of a cell with their labels; what hangs together through other cells alone has no pixel here."""
    rows, cols = np.nonzero(found)
    label, level = local[rows, cols], levels[rows, cols]
    order = np.argsort(label, kind="stable")
    label, level, rows, cols = label[order], level[order], rows[order], cols[order]
    starts = np.flatnonzero(np.append(True, label[1:] != label[:-1])) if len(label) else np.zeros(0, np.int64)
    if not len(starts):
        return
    top, left = cell[0].start, cell[1].start
    sizes = np.diff(np.append(starts, len(label)))
    lows = [np.minimum.reduceat(rows, starts), np.minimum.reduceat(cols, starts)]
    highs = [np.maximum.reduceat(rows, starts), np.maximum.reduceat(cols, starts)]
    largest = np.maximum.reduceat(level, starts)
    for place, start in enumerate(starts.tolist()):
        box = (
            top + int(lows[0][place]),
            left + int(lows[1][place]),
            top + int(highs[0][place]) + 1,
            left + int(highs[1][place]) + 1,
        )
        seed = (top + int(rows[start]), left + int(cols[start]))
        yield int(label[start]), Piece(cell, seed, box, int(sizes[place]), int(largest[place]))


def _meeting(before: Int64[np.ndarray, "n"], after: Int64[np.ndarray, "n"]) -> Int64[np.ndarray, "2 m"]:
    """Pairs of numbers on two lines of pixels side by side that touch by sides or corners."""
    length = len(before)
    pairs = []
    for shift in (-1, 0, 1):
        one = before[max(0, shift) : length + min(0, shift)]
        two = after[max(0, -shift) : length + min(0, -shift)]
        both = (one > 0) & (two > 0)
        pairs.append(np.stack([one[both], two[both]]))
    return np.unique(np.concatenate(pairs, axis=1), axis=1)
