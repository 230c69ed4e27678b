"""The tables of a survey: photographs and cracks as CSV, Parquet and GeoJSON."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import Any

import numpy as np
import pandas as pd

from crackpipe.apply.survey.columns import CRACKS, PHOTOS
from crackpipe.apply.survey.journal import Entry
from crackpipe.files import atomic
from crackpipe.measures.width_classes import Limits, classify


def frames(
    entries: Sequence[Entry], refused: Sequence[Mapping[str, Any]], *, limits: Limits
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Photographs and cracks, in the order of the entries, refused photographs last.

    Args:
        entries: of the photographs that were looked at.
        refused: photo, name and reason of the others.
        limits: of the classes of width, which cracks with a width in millimetres get.

    Returns:
        Tables with the columns of :mod:`crackpipe.apply.survey.columns`.
    """
    named = [{"photo": entry.photo, "name": entry.name, **crack} for entry in entries for crack in entry.cracks]
    cracks = _frame(named, CRACKS)
    cracks["class"] = pd.array(classify(cracks["width_max_mm"].to_numpy(np.float64), limits), dtype="string")
    photos = _frame([entry.row for entry in entries] + [dict(row) for row in refused], PHOTOS)
    widest = cracks.sort_values("width_max_px", kind="stable").groupby("name")["class"].last()
    photos["class"] = photos["name"].map(widest).astype("string").fillna("")
    for column in ("scale_from", "notes", "reason"):
        photos[column] = photos[column].fillna("")
    return photos, cracks


def write(
    folder: Path,
    photos: pd.DataFrame,
    cracks: pd.DataFrame,
    *,
    lines: Mapping[tuple[str, int], Any],
    places: Mapping[tuple[str, int], Any] = MappingProxyType({}),
) -> None:
    """Write photos.csv, cracks.csv, cracks.parquet and cracks.geojson, each whole or not at all.

    Args:
        folder: of the survey.
        photos, cracks: from :func:`frames`.
        lines: centre-lines of each crack, by name and number, rows and columns in pixels.
        places: the same as longitudes and latitudes, of cracks on a map.
    """
    for name, table in (("photos", photos), ("cracks", cracks)):
        atomic.write_bytes(folder / f"{name}.csv", _printable(table).to_csv(index=False).encode())
    with atomic.replacing(folder / "cracks.parquet") as temporary:
        _printable(cracks).to_parquet(temporary, index=False)
    atomic.write_text(
        folder / "cracks.geojson", json.dumps(_features(photos, cracks, lines, places), separators=(",", ":"))
    )


def _frame(rows: Sequence[Mapping[str, Any]], columns: Mapping[str, str]) -> pd.DataFrame:
    table = pd.DataFrame([{key: row.get(key) for key in columns} for row in rows], columns=list(columns))
    return table.astype(dict(columns))


def _printable(table: pd.DataFrame) -> pd.DataFrame:
    """Names of files may hold bytes that no encoding has; they are shown escaped."""
    shown = table.copy()
    column: str
    for column in shown.select_dtypes("string"):
        shown[column] = shown[column].map(_escaped, na_action="ignore").astype("string")
    return shown


def _escaped(text: str) -> str:
    return text.encode("utf-8", "backslashreplace").decode()


def _features(
    photos: pd.DataFrame,
    cracks: pd.DataFrame,
    lines: Mapping[tuple[str, int], Any],
    places: Mapping[tuple[str, int], Any],
) -> dict[str, Any]:
    """A feature a crack: its lines on the map, or a point where its photograph was taken, or no geometry.

    Its course in pixels is a property.
    """
    taken = photos.set_index("name")[["longitude", "latitude"]]
    features = []
    for row in _printable(cracks).replace({np.nan: None}).to_dict("records"):
        name, number = row["name"], int(row["crack"])
        place = [float(value) for value in taken.loc[name]]
        geometry: dict[str, Any] | None = None
        if (name, number) in places:
            geometry = {"type": "MultiLineString", "coordinates": places[name, number]}
        elif all(np.isfinite(place)):
            geometry = {"type": "Point", "coordinates": place}
        features.append(
            {
                "type": "Feature",
                "geometry": geometry,
                "properties": {key: _json(value) for key, value in row.items()} | {"lines_px": lines[name, number]},
            }
        )
    return {"type": "FeatureCollection", "features": features}


def _json(value: Any) -> Any:
    if value is pd.NA:
        return None
    return value.item() if isinstance(value, np.generic) else value
