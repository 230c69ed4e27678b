"""One orthomosaic of a survey: its mask on its own grid, its cracks with their measures, its picture."""

import math
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Bool, UInt8

from crackpipe import console
from crackpipe.apply.orthomosaic import masking, pieces, raster, windows
from crackpipe.apply.orthomosaic.masking import Segment, Work
from crackpipe.apply.orthomosaic.measuring import MapCrack, Measurer
from crackpipe.apply.orthomosaic.raster import Levels, Mosaic
from crackpipe.apply.survey import drawing, look
from crackpipe.apply.survey.results import GRID, MAP_MASK, PICTURE, QUALITY
from crackpipe.errors import PhotoError
from crackpipe.files import atomic
from crackpipe.imaging import images, scale
from crackpipe.imaging.scale import Scale, ScaleSources
from crackpipe.measures.geometry import GeometrySettings

MARKS = "marks.tif"


@dataclass(frozen=True, slots=True)
class MapLook:
    """What was found on an orthomosaic.

    Attributes:
        row: of the table of photographs, without its names; its grid under ``grid``.
        cracks: rows of the table of cracks, each with its centre-lines, in pixels of the raster.
    """

    row: dict[str, Any]
    cracks: list[dict[str, Any]]


def inspect_map(
    path: Path,
    stem: Path,
    *,
    segment: Segment | None,
    key: str,
    settings: GeometrySettings,
    sources: ScaleSources,
    drawn: bool,
) -> MapLook:
    """Find and measure the cracks of an orthomosaic, window by window.

    Beside ``stem`` it writes STEM.mask.tif and STEM.cracks.jpg, each whole or not at all. Until then a hidden folder
    holds what is done of the mask: a run that was stopped goes on at its row of windows.

    Args:
        path: of the raster.
        stem: of its results.
        segment: RGB to confidence, both 0–255; ``None`` takes the mask that is there.
        key: of raster and segmenter, by which a run goes on.
        settings: what counts as a crack.
        sources: of the scale.
        drawn: whether a picture is asked for.

    Raises:
        PhotoError: the raster is damaged or of a kind that cannot be read, or nothing of it holds data.
    """
    mask = stem.with_name(f"{stem.name}{MAP_MASK}")
    work = Work(stem.with_name(f".{stem.name}.windows"), key)
    with raster.opened(path) as mosaic:
        known = scale.scale_of_map(str(path), mosaic.pixel(), sources)
        if segment is not None:
            masking.mask(mosaic, segment, work, what=stem.name)
        source = mask if segment is None else work.confidence
        raster.create(work.folder / MARKS, mosaic.grid, compressed=False)
        with raster.levels_file(source) as levels:
            with raster.levels_file(work.folder / MARKS, writable=True) as marks:
                found = _measured(Measurer(mosaic, levels, marks, settings, known), what=stem.name)
            with raster.levels_file(work.folder / MARKS) as marks:
                final = _Final(mosaic, levels, marks, level=settings.level)
                try:
                    final.write(mask)
                except PhotoError:
                    if not final.inside_px:
                        shutil.rmtree(work.folder)  # nothing to go on with
                    raise
        picture = final.picture([one.middle for one in found]) if drawn else None
        row = _row(mosaic, found, final, known, settings)
    if picture is not None:
        atomic.write_bytes(stem.with_name(f"{stem.name}{PICTURE}"), images.encode_jpeg(picture, quality=QUALITY))
    shutil.rmtree(work.folder)
    return MapLook(row, [{"crack": number, **one.row} for number, one in enumerate(found, start=1)])


def _measured(measurer: Measurer, *, what: str) -> list[MapCrack]:
    """All cracks, the longest first."""
    grid = measurer.mosaic.grid
    groups = pieces.find(measurer.levels, height=grid.height, width=grid.width, settings=measurer.settings)
    groups.sort(key=lambda group: (group[0].seed[0] // raster.BLOCK_PX, group[0].seed[1]))  # as rasters are stored
    if len(groups) > 1000:  # soon done else
        groups = list(console.bar(groups, what=f"cracks of {what}", total=len(groups), unit="cracks"))
    found = [crack for group in groups for crack in measurer.cracks(group)]
    box = ("top_px", "left_px", "bottom_px", "right_px")
    return sorted(found, key=lambda crack: (-crack.row["length_px"], *(crack.row[side] for side in box)))


class _Final:
    """The mask as it is handed over: what is no crack lies below the level of one; and sums over it."""

    def __init__(self, mosaic: Mosaic, levels: Levels, marks: Levels, *, level: float) -> None:
        self._mosaic, self._levels, self._marks, self._level = mosaic, levels, marks, level
        self.crack_px = self.inside_px = 0
        height, width = mosaic.grid.height, mosaic.grid.width
        self._factor = min(1.0, drawing.SIDE_PX / max(height, width))
        self._share = np.zeros((max(1, round(height * self._factor)), max(1, round(width * self._factor))))

    def write(self, path: Path) -> None:
        """Write the mask, each tile once.

        Raises:
            PhotoError: nothing of the raster holds data, or a disk is full.
        """
        grid = self._mosaic.grid
        with atomic.replacing(path) as temporary:
            raster.create(temporary, grid, compressed=True)
            with raster.levels_file(temporary, writable=True) as target:
                for rows in windows.cells(grid.height):
                    for cols in windows.cells(grid.width):
                        self._cell(target, rows, cols)
            if not self.inside_px:
                raise PhotoError("all of it is transparent or without data; there is nothing to look at")

    def _cell(self, target: Levels, rows: slice, cols: slice) -> None:
        inside = self._mosaic.inside(rows, cols)
        if not inside.any():
            return
        self.inside_px += int(inside.sum())
        if self._mosaic.has_outside:
            target.write_inside(rows, cols, inside)
        levels, crack = self._levels.read(rows, cols), self._marks.read(rows, cols) > 0
        target.write(
            rows, cols, np.where(images.at_least(levels, self._level) & ~crack, look.below(self._level), levels)
        )
        self._add(crack, rows.start, cols.start)

    def _add(self, crack: Bool[np.ndarray, "h w"], top: int, left: int) -> None:
        at = np.argwhere(crack)
        self.crack_px += len(at)
        size = np.array(self._share.shape)
        small = np.minimum(((at + np.array([top, left]) + 0.5) * self._factor).astype(int), size - 1)
        np.add.at(self._share, tuple(small.T), self._factor**2)

    def picture(self, middles: Sequence[tuple[float, float]]) -> UInt8[np.ndarray, "_r _c 3"]:
        """The raster with its cracks."""
        small = self._mosaic.small(side_px=drawing.SIDE_PX)
        share = np.rint(self._share.clip(0, 1) * 255).astype(np.uint8)
        places = [(row * self._factor, col * self._factor) for row, col in middles]
        return drawing.paint(small, share, places, shrunk=self._factor < 1)


def _row(
    mosaic: Mosaic, found: Sequence[MapCrack], final: _Final, known: Scale, settings: GeometrySettings
) -> dict[str, Any]:
    grid = mosaic.grid
    large = sum(crack.in_portions for crack in found)
    notes = [*mosaic.notes, *known.notes]
    if final.inside_px < grid.height * grid.width:
        notes.append(f"{1 - final.inside_px / (grid.height * grid.width):.0%} of it is without data, and left out")
    if large:
        notes.append(
            f"{large} cracks that span more than {windows.CELL_PX} × {windows.CELL_PX} pixels were measured in portions"
        )
    place = _centre(grid)
    sums: Mapping[str, Any] = look.sums(
        [crack.row for crack in found],
        crack_px=final.crack_px,
        scale=known,
        inside_px=final.inside_px,
        settings=settings,
    )
    return {
        "height_px": grid.height,
        "width_px": grid.width,
        "inside_px": final.inside_px,
        **sums,
        "mm_per_px": known.mm_per_px,
        "scale_from": known.source,
        "latitude": None if place is None else place[1],
        "longitude": None if place is None else place[0],
        "notes": "; ".join(notes),
        "reason": "",
        GRID: asdict(grid),
    }


def _centre(grid: raster.Grid) -> tuple[float, float] | None:
    """Longitude and latitude of a raster's centre."""
    if not grid.crs or not grid.placed:
        return None
    a, b, c, d, e, f = grid.transform
    row, col = grid.height / 2, grid.width / 2
    place = raster.degrees(grid, np.array([a * col + b * row + c]), np.array([d * col + e * row + f]))[0]
    return (float(place[0]), float(place[1])) if all(map(math.isfinite, place)) else None
