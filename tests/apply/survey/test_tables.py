"""Tables of a survey, whatever names, numbers and emptiness they are given."""

import json
import math
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from crackpipe.apply.survey import tables
from crackpipe.apply.survey.columns import CRACKS, PHOTOS
from crackpipe.apply.survey.journal import Entry
from crackpipe.measures.width_classes import NAMED

LIMITS = NAMED["jsce"]


def entry(name: str, *cracks: dict[str, Any], photo: str = "", **row: Any) -> Entry:
    path = photo or f"{name}.jpg"
    known = {"photo": path, "name": name, "cracks": len(cracks), "reason": ""} | row
    numbered = [{"crack": number, "lines": [[[number, 0.5]]]} | crack for number, crack in enumerate(cracks, start=1)]
    return Entry(name, path, (1, 1), "d", "s", "m", known, numbered)


def written(folder: Path, entries: list[Entry]) -> dict[str, Any]:
    """Write the tables; the parsed GeoJSON, which holds nothing that JSON has not."""
    photos, cracks = tables.frames(iter(entries), [], limits=LIMITS)
    tables.write(folder, photos, cracks, lines=(crack["lines"] for each in entries for crack in each.cracks))
    text = (folder / "cracks.geojson").read_text(encoding="utf-8")
    found: dict[str, Any] = json.loads(text, parse_constant=lambda sign: pytest.fail(f"{sign} is no JSON"))
    return found


def test_without_a_crack_all_files_have_their_columns(tmp_path: Path) -> None:
    assert written(tmp_path, [entry("a")]) == {"type": "FeatureCollection", "features": []}
    assert list(pd.read_csv(tmp_path / "cracks.csv")) == list(CRACKS)
    assert list(pd.read_parquet(tmp_path / "cracks.parquet")) == list(CRACKS)
    assert list(pd.read_csv(tmp_path / "photos.csv")) == list(PHOTOS)
    photos, cracks = tables.frames([], [], limits=LIMITS)
    assert (len(photos), len(cracks)) == (0, 0)
    assert {str(kind) for kind in cracks.dtypes} == {"string", "Int64", "float64"}


def test_a_name_that_is_no_text_is_shown_escaped_in_every_file(tmp_path: Path) -> None:
    odd, shown = "site/\udcff.jpg", r"site/\udcff.jpg"
    (feature,) = written(tmp_path, [entry("a", {"length_px": 9.0}, photo=odd, notes=odd)])["features"]
    assert feature["properties"]["photo"] == shown
    assert pd.read_parquet(tmp_path / "cracks.parquet")["photo"].tolist() == [shown]
    assert pd.read_csv(tmp_path / "cracks.csv")["photo"].tolist() == [shown]
    assert pd.read_csv(tmp_path / "photos.csv")[["photo", "notes"]].to_numpy().tolist() == [[shown, shown]]
    photos, _ = tables.frames([], [{"photo": odd, "name": "a", "reason": f"{odd}: broken"}], limits=LIMITS)
    assert photos["reason"].tolist() == [f"{shown}: broken"]


def test_each_feature_has_its_own_lines_and_the_place_of_its_photograph(tmp_path: Path) -> None:
    placed = entry("a", {}, {"area_px": 7}, longitude=10.5, latitude=-3.25)
    first, second, third = written(tmp_path, [placed, entry("b", {"width_max_mm": 0.3}, longitude=1.0)])["features"]
    assert first["geometry"] == {"type": "Point", "coordinates": [10.5, -3.25]}
    assert third["geometry"] is None  # half a place is none
    assert [feature["properties"]["lines_px"] for feature in (first, second, third)] == [
        [[[1, 0.5]]],
        [[[2, 0.5]]],
        [[[1, 0.5]]],
    ]
    assert second["properties"]["area_px"] == 7
    assert second["properties"]["length_mm"] is None
    assert third["properties"]["class"] == "over 0.2 mm"


def test_a_table_of_several_parts_is_written_whole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tables, "PART_ROWS", 2)
    features = written(tmp_path, [entry(name, {}, {}, {}) for name in "ab"])["features"]
    found = [(feature["properties"]["name"], feature["properties"]["crack"]) for feature in features]
    assert found == [("a", 1), ("a", 2), ("a", 3), ("b", 1), ("b", 2), ("b", 3)]


def test_the_class_of_a_photograph_is_that_of_its_widest_crack() -> None:
    narrow, wide = {"width_max_px": 1.0, "width_max_mm": 0.1}, {"width_max_px": 3.0, "width_max_mm": 0.3}
    near = {"width_max_px": 9.0, "width_max_mm": 0.1}  # of a tilted surface: more pixels, fewer millimetres
    entries = [
        entry("a", wide, near, widest_mm=0.3),
        entry("b", narrow, widest_mm=0.1),
        entry("c", {"width_max_px": math.nan}),
    ]
    photos, cracks = tables.frames(entries, [], limits=LIMITS)
    assert photos["class"].tolist() == ["over 0.2 mm", "up to 0.2 mm", ""]
    assert cracks["class"].tolist() == ["over 0.2 mm", "up to 0.2 mm", "up to 0.2 mm", ""]
