"""The tables of a survey: photographs and cracks as CSV, Parquet and GeoJSON."""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import Any

import numpy as np
import pandas as pd

from crackpipe.apply.survey import results
from crackpipe.apply.survey.columns import CRACKS, PHOTOS
from crackpipe.apply.survey.journal import Entry
from crackpipe.files import atomic
from crackpipe.measures.width_classes import Limits, classify

PART_ROWS = 5000  # of a table that are turned into JSON at once


def frames(
    entries: Iterable[Entry], refused: Sequence[Mapping[str, Any]], *, limits: Limits
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Photographs and cracks, in the order of the entries, refused photographs last.

    Names of files may hold bytes that no encoding has; the tables show them escaped.

    Args:
        entries: of the photographs that were looked at; passed through once.
        refused: photo, name and reason of the others.
        limits: of the classes of width, which cracks with a width in millimetres get.

    Returns:
        Tables with the columns of :mod:`crackpipe.apply.survey.columns`.
    """
    found: dict[str, list[Any]] = {column: [] for column in CRACKS}
    looked_at: list[Mapping[str, Any]] = []
    for entry in entries:
        looked_at.append(entry.row)
        for crack in entry.cracks:
            row = crack | {"photo": entry.photo, "name": entry.name}
            for column, values in found.items():
                values.append(row.get(column))
    cracks = _frame(found, CRACKS)
    cracks["class"] = pd.array(classify(cracks["width_max_mm"].to_numpy(np.float64), limits), dtype="string")
    rows = [*looked_at, *refused]
    photos = _frame({column: [row.get(column) for row in rows] for column in PHOTOS}, PHOTOS)
    photos["class"] = pd.array(classify(photos["widest_mm"].to_numpy(np.float64), limits), dtype="string")
    for column in ("scale_from", "taken", "notes", "reason"):
        photos[column] = photos[column].fillna("")
    return photos, cracks


def write(
    folder: Path,
    photos: pd.DataFrame,
    cracks: pd.DataFrame,
    *,
    lines: Iterable[Any],
    places: Mapping[tuple[str, int], Any] = MappingProxyType({}),
) -> None:
    """Write photos.csv, cracks.csv, cracks.parquet and cracks.geojson, each whole or not at all.

    Args:
        folder: of the survey.
        photos, cracks: from :func:`frames`.
        lines: centre-lines of each crack, in the order of ``cracks``, rows and columns in pixels; passed through once.
        places: the same as longitudes and latitudes by name and number, of cracks on a map.
    """
    for name, table in ((results.PHOTOS, photos), (results.CRACKS, cracks)):
        atomic.write_bytes(folder / name, table.to_csv(index=False).encode())
    with atomic.replacing(folder / results.CRACKS_PARQUET) as temporary:
        cracks.to_parquet(temporary, index=False)
    with atomic.replacing(folder / results.CRACKS_GEOJSON) as temporary, temporary.open("w", encoding="utf-8") as file:
        file.write('{"type":"FeatureCollection","features":[')
        for number, feature in enumerate(_features(photos, cracks, lines, places)):
            file.write(",\n" * bool(number) + json.dumps(feature, separators=(",", ":"), allow_nan=False))
        file.write("]}\n")


def _frame(values: Mapping[str, list[Any]], columns: Mapping[str, str]) -> pd.DataFrame:
    shown = {
        column: [_escaped(value) for value in values[column]] if kind == "string" else values[column]
        for column, kind in columns.items()
    }
    return pd.DataFrame({column: pd.Series(shown[column], dtype=kind) for column, kind in columns.items()})


def _escaped(text: str | None) -> str | None:
    return None if text is None else text.encode("utf-8", "backslashreplace").decode()


def _features(
    photos: pd.DataFrame, cracks: pd.DataFrame, lines: Iterable[Any], places: Mapping[tuple[str, int], Any]
) -> Iterator[dict[str, Any]]:
    """A feature a crack: its lines on the map, or a point where its photograph was taken, or no geometry.

    Its course in pixels is a property.
    """
    known = photos[np.isfinite(photos["longitude"]) & np.isfinite(photos["latitude"])]
    taken = dict(zip(known["name"], known[["longitude", "latitude"]].to_numpy().tolist(), strict=True))
    for properties, course in zip(_records(cracks), lines, strict=True):
        name, number = properties["name"], int(properties["crack"])
        geometry: dict[str, Any] | None = None
        if (name, number) in places:
            geometry = {"type": "MultiLineString", "coordinates": places[name, number]}
        elif name in taken:
            geometry = {"type": "Point", "coordinates": taken[name]}
        yield {"type": "Feature", "geometry": geometry, "properties": properties | {"lines_px": course}}


def _records(table: pd.DataFrame) -> Iterator[dict[str, Any]]:
    """Rows as JSON holds them, ``None`` where there is nothing; a part of the table at a time is in memory."""
    for start in range(0, len(table), PART_ROWS):
        part = table.iloc[start : start + PART_ROWS]
        columns = {str(name): zip(part[name].tolist(), part[name].isna(), strict=True) for name in table}
        values = [[None if missing else value for value, missing in column] for column in columns.values()]
        for row in zip(*values, strict=True):
            yield dict(zip(columns, row, strict=True))
