"""Centre-lines on the map: a GeoPackage for each orthomosaic in its own coordinates, and degrees for GeoJSON."""

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from jaxtyping import Float64

from crackpipe.apply.survey.results import GRID, MAP_LAYER
from crackpipe.files import atomic

DEGREE_DIGITS = 10  # a hundredth of a millimetre
Places = dict[tuple[str, int], list[list[list[float]]]]


def write_layers(folder: Path, entries: Iterable[Any], cracks: pd.DataFrame) -> Places:
    """Write NAME.cracks.gpkg of each orthomosaic of a survey.

    Its layer ``cracks`` holds a MultiLineString a crack, in the raster's coordinates, with the columns of the table of
    cracks. Of a raster without a transform x counts columns and −y rows, as QGIS shows it.

    Args:
        folder: of the survey.
        entries: of its photographs; those with a grid are orthomosaics.
        cracks: its table.

    Returns:
        Longitudes and latitudes (WGS84) of the lines, by name and number, of orthomosaics whose coordinates are known.
    """
    places: Places = {}
    for entry in entries:
        if entry.row.get(GRID):
            places |= _write(folder, entry, cracks[cracks["name"] == entry.name])
    return places


def _write(folder: Path, entry: Any, cracks: pd.DataFrame) -> Places:
    from crackpipe.apply.orthomosaic import geopackage, raster

    grid = raster.Grid(**{**entry.row[GRID], "transform": tuple(entry.row[GRID]["transform"])})
    lines = [[_on_map(grid.transform, line, placed=grid.placed) for line in crack["lines"]] for crack in entry.cracks]
    data = geopackage.encoded(lines, _columns(cracks), crs=grid.crs if grid.placed else "")
    atomic.write_bytes(folder / f"{entry.name}{MAP_LAYER}", data)
    if not grid.crs or not grid.placed or not lines:
        return {}
    points = np.concatenate([line for own in lines for line in own])
    degrees = raster.degrees(grid, points[:, 0], points[:, 1])
    if not np.isfinite(degrees).all():
        return {}
    parts = iter(np.split(degrees, np.cumsum([len(line) for own in lines for line in own])))
    return {
        (entry.name, crack["crack"]): [np.round(next(parts), DEGREE_DIGITS).tolist() for _ in crack["lines"]]
        for crack in entry.cracks
    }


def _on_map(transform: Sequence[float], line: Any, *, placed: bool) -> Float64[np.ndarray, "n 2"]:
    """x and y of rows and columns, whose pixel centres are whole numbers."""
    row, col = np.array(line, np.float64).T + 0.5
    if not placed:
        return np.stack([col, -row], axis=1)
    a, b, c, d, e, f = transform
    return np.stack([a * col + b * row + c, d * col + e * row + f], axis=1)


def _columns(cracks: pd.DataFrame) -> Mapping[str, np.ndarray]:
    """Columns as GeoPackages hold them: whole numbers, floats with NaN, texts."""
    found = {}
    for name, column in cracks.items():
        if column.dtype == "string":
            texts = column.fillna("").map(lambda text: text.encode("utf-8", "backslashreplace").decode())
            found[str(name)] = texts.to_numpy(object)
        elif column.dtype == "Int64":
            found[str(name)] = column.to_numpy(np.int64)
        else:
            found[str(name)] = column.to_numpy(np.float64)
    return found
