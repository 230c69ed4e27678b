"""Cracks of a group of pieces, each measured on its own crop of map and raster; one larger than a crop, in portions."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from jaxtyping import UInt8
from scipy import ndimage

from crackpipe.apply.orthomosaic import windows
from crackpipe.apply.orthomosaic.pieces import TOUCHING, Box, Group, box_of, reach_px, reached
from crackpipe.apply.orthomosaic.raster import Levels, Mosaic
from crackpipe.apply.survey import look, measured
from crackpipe.imaging import images
from crackpipe.imaging.scale import Scale
from crackpipe.measures import geometry
from crackpipe.measures.geometry import Crack, GeometrySettings
from crackpipe.measures.geometry.crack import is_elongated
from crackpipe.measures.geometry.cracks import AROUND_PX
from crackpipe.measures.geometry.portions import Portion, joined, portion

BEYOND_PX = 192  # of a portion: how far its ends, which are none of the crack, may matter


@dataclass(frozen=True, slots=True)
class MapCrack:
    """A crack of a raster.

    Attributes:
        row: of the table of cracks, with its centre-lines, in pixels of the raster.
        middle: row and column of a point on its longest line.
        in_portions: whether it was measured in portions.
    """

    row: dict[str, Any]
    middle: tuple[float, float]
    in_portions: bool


@dataclass(frozen=True, slots=True)
class Measurer:
    """Measures groups, and marks the pixels of what is a crack.

    Attributes:
        mosaic: the raster.
        levels: its map.
        marks: gets 1 where there is a crack.
        settings: what counts as one.
        scale: of the raster.
    """

    mosaic: Mosaic
    levels: Levels
    marks: Levels
    settings: GeometrySettings
    scale: Scale

    def cracks(self, group: Group) -> list[MapCrack]:
        """Measure the cracks of a group."""
        rows, cols = self._around(box_of(group), self._margin)
        if (rows.stop - rows.start) * (cols.stop - cols.start) > windows.CELL_PX**2:
            return self._large(group)
        levels = self._alone(group, rows, cols)
        found = []
        for crack in geometry.find(levels, self.settings, grey=images.to_grey(self.mosaic.rgb(rows, cols))):
            self._mark(crack.pixels + np.array([rows.start, cols.start]))
            confidence = measured.confidence(crack.lines, levels)
            found.append(self._described(crack, confidence, rows.start, cols.start, in_portions=False))
        return found

    @property
    def _margin(self) -> int:
        return AROUND_PX + round(self.settings.gap_px) + reach_px(self.settings)

    def _large(self, group: Group) -> list[MapCrack]:
        """Measure a group as one crack, cell by cell."""
        own = replace(self.settings, min_length_px=0.0, min_elongation=0.0, certain=0.0)
        portions: list[Portion] = []
        confidence: list[float] = []
        for (rows, cols), pieces in _by_cell(group):
            seen_rows, seen_cols = self._around(box_of(pieces), BEYOND_PX + self._margin)
            levels = self._alone(pieces, seen_rows, seen_cols)
            grey = images.to_grey(self.mosaic.rgb(seen_rows, seen_cols))
            inner = _shifted(rows, -seen_rows.start), _shifted(cols, -seen_cols.start)
            for crack in geometry.find(levels, own, grey=grey):
                part = portion(crack, *inner)
                if part.lines or part.area_px:
                    portions.append(_moved(part, seen_rows.start, seen_cols.start))
                    confidence.append(measured.confidence(crack.lines, levels) * part.area_px)
        if not any(part.lines for part in portions):
            return []
        crack = joined(portions, self.settings, box=box_of(group))
        whole = (self.mosaic.grid.height, self.mosaic.grid.width)
        if crack.length_px < self.settings.min_length_px or not is_elongated(crack, self.settings, whole):
            return []
        for cell, pieces in _by_cell(group):
            self._mark_cell(cell, pieces)
        return [self._described(crack, sum(confidence) / max(crack.area_px, 1), 0, 0, in_portions=True)]

    def _described(self, crack: Crack, confidence: float, top: int, left: int, *, in_portions: bool) -> MapCrack:
        row = measured.described(crack, confidence, scale=self.scale)
        moves = {"row_px": top, "col_px": left, "top_px": top, "left_px": left, "bottom_px": top, "right_px": left}
        row |= {key: round(row[key] + by, measured.DIGITS) for key, by in moves.items()}
        row["lines"] = [[[round(r + top, 1), round(c + left, 1)] for r, c in line] for line in row["lines"]]
        longest = max(crack.lines, key=len)
        at = longest[len(longest) // 2]
        return MapCrack(row, (float(at[0]) + top, float(at[1]) + left), in_portions)

    def _alone(self, pieces: Group, rows: slice, cols: slice) -> UInt8[np.ndarray, "_h _w"]:
        """A crop of the map in which all other groups lie below the level of a crack."""
        levels = self.levels.read(rows, cols)
        found, wide = reached(levels, self.settings)
        numbers = ndimage.label(wide, TOUCHING)[0]
        seeds = np.array([piece.seed for piece in pieces]) - np.array([rows.start, cols.start])
        own = np.zeros(int(numbers.max()) + 1, bool)
        own[numbers[tuple(seeds.T)]] = True
        return np.where(found & ~own[numbers], look.below(self.settings.level), levels)

    def _mark_cell(self, cell: tuple[slice, slice], pieces: Group) -> None:
        """Set marks at all pixels of some pieces of a cell."""
        rows, cols = cell
        seen_rows, seen_cols = self._around((rows.start, cols.start, rows.stop, cols.stop), self._margin)
        crack = images.at_least(self._alone(pieces, seen_rows, seen_cols), self.settings.level)
        inner = crack[_shifted(rows, -seen_rows.start), _shifted(cols, -seen_cols.start)]
        self._mark(np.argwhere(inner) + np.array([rows.start, cols.start]))

    def _around(self, box: Box, by: int) -> tuple[slice, slice]:
        top, left, bottom, right = box
        grid = self.mosaic.grid
        return (
            slice(max(0, top - by), min(grid.height, bottom + by)),
            slice(max(0, left - by), min(grid.width, right + by)),
        )

    def _mark(self, pixels: np.ndarray) -> None:
        """Set marks at pixels, row and column."""
        if not len(pixels):
            return
        (top, left), (bottom, right) = pixels.min(axis=0).tolist(), (pixels.max(axis=0) + 1).tolist()
        rows, cols = slice(top, bottom), slice(left, right)
        marks = self.marks.read(rows, cols)
        marks[tuple((pixels - np.array([top, left])).T)] = 1
        self.marks.write(rows, cols, marks)


def _by_cell(group: Group) -> Iterator[tuple[tuple[slice, slice], Group]]:
    cells: dict[tuple[int, int], Group] = {}
    for piece in group:
        cells.setdefault((piece.cell[0].start, piece.cell[1].start), []).append(piece)
    for pieces in cells.values():
        yield pieces[0].cell, pieces


def _shifted(span: slice, by: int) -> slice:
    return slice(span.start + by, span.stop + by)


def _moved(part: Portion, row: int, col: int) -> Portion:
    return replace(part, lines=[line + np.array([row, col], np.float64) for line in part.lines])
