"""Orthomosaics in a survey: masks on their grid, cracks across windows, centre-lines on the map."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from PIL import Image, ImageDraw

rasterio = pytest.importorskip("rasterio")
pyogrio = pytest.importorskip("pyogrio")

import dark_segmenter  # noqa: E402
from drawn_maps import HALF_MM, UTM33, wall, write  # noqa: E402
from rasterio.warp import transform  # noqa: E402

from crackpipe.apply import segmenter_files  # noqa: E402
from crackpipe.apply.orthomosaic import windows  # noqa: E402
from crackpipe.apply.segmenter_files import SegmenterFiles  # noqa: E402
from crackpipe.apply.survey import Outcome, SurveySettings  # noqa: E402
from crackpipe.apply.survey import inspect as survey  # noqa: E402
from crackpipe.imaging import images  # noqa: E402
from crackpipe.imaging.scale import ScaleSources  # noqa: E402
from crackpipe.measures import width_classes  # noqa: E402

pytestmark = pytest.mark.usefixtures("site")


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> SegmenterFiles:
    return segmenter_files.find(dark_segmenter.save(tmp_path_factory.mktemp("models") / "dark"))


def run(files: SegmenterFiles, *photos: str, out: str = "out", **more: Any) -> Outcome:
    settings = {"sources": ScaleSources(), "limits": width_classes.parse("jsce"), "masks_only": True, "again": False}
    return survey(list(map(Path, photos)), files=files, out=Path(out), settings=SurveySettings(**settings | more))


@pytest.fixture
def small_windows(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in {"WINDOW_PX": 128, "OVERLAP_PX": 32, "CELL_PX": 96}.items():
        monkeypatch.setattr(windows, name, value)


def cracked(height: int, width: int, *lines: list[tuple[int, int]], wide: int = 5) -> np.ndarray:
    """A wall with dark lines through points (column, row)."""
    picture = Image.fromarray(wall(height, width))
    for line in lines:
        ImageDraw.Draw(picture).line(line, fill=(30, 30, 30), width=wide)
    return np.array(picture)


def bordered(picture: np.ndarray, border: int) -> np.ndarray:
    """The picture with alpha 0, and black, in a border."""
    alpha = np.zeros(picture.shape[:2], np.uint8)
    alpha[border:-border, border:-border] = 255
    return np.dstack([np.where(alpha[..., None] > 0, picture, np.uint8(0)), alpha])


def mask_of(name: str, out: str = "out") -> Any:
    return rasterio.open(f"{out}/{name}.mask.tif")


def features(name: str, out: str = "out") -> tuple[dict[str, Any], pd.DataFrame, list[list[np.ndarray]]]:
    """Meta data, attributes and lines (x, y) of a GeoPackage."""
    meta, _, shapes, fields = pyogrio.raw.read(f"{out}/{name}.cracks.gpkg", layer="cracks")
    return meta, pd.DataFrame(dict(zip(meta["fields"], fields, strict=True))), [_lines(shape) for shape in shapes]


def _lines(data: bytes) -> list[np.ndarray]:
    """Lines of a MultiLineString in well-known binary."""
    assert data[:5] == b"\x01\x05\x00\x00\x00"
    lines, at = [], 9
    for _ in range(int.from_bytes(data[5:9], "little")):
        count = int.from_bytes(data[at + 5 : at + 9], "little")
        lines.append(np.frombuffer(data, "<f8", 2 * count, at + 9).reshape(-1, 2))
        at += 9 + 16 * count
    return lines


def test_a_border_without_data_has_no_crack_and_no_area_and_the_grid_is_kept(files: SegmenterFiles) -> None:
    write(Path("ortho.tif"), bordered(cracked(96, 160, [(20, 50), (140, 50)]), 12), alpha=True)
    found = run(files, "ortho.tif")
    row = found.photos.iloc[0]
    assert (row["cracks"], row["inside_px"], row["reason"]) == (1, 72 * 136, "")
    assert (row["mm_per_px"], row["scale_from"]) == (pytest.approx(0.5), "GeoTIFF")
    assert row["density_m_per_m2"] == pytest.approx(row["length_m"] / (72 * 136 * 0.25e-6), rel=1e-3)
    assert row["notes"] == "36% of it is without data, and left out"
    with rasterio.open("ortho.tif") as ortho, mask_of("ortho") as mask:
        assert (mask.transform, mask.crs, mask.shape) == (ortho.transform, ortho.crs, ortho.shape)
        assert (mask.count, mask.dtypes[0], mask.profile["compress"]) == (1, "uint8", "deflate")
        inside = ortho.read(4) > 0
        assert np.array_equal(mask.read_masks(1) > 0, inside)
        levels = mask.read(1)
    assert not levels[~inside].any()
    assert np.count_nonzero(levels >= 128) == row["crack_px"]
    assert found.cracks["length_mm"].tolist() == [pytest.approx(60, rel=0.05)]
    assert found.cracks["area_mm2"].tolist() == [pytest.approx(row["crack_px"] / 4)]


@pytest.mark.usefixtures("small_windows")
def test_a_crack_across_windows_is_one_crack_with_its_length(
    files: SegmenterFiles, monkeypatch: pytest.MonkeyPatch
) -> None:
    lines = [(30, 40), (150, 90), (270, 60)], [(60, 150), (60, 230)]
    write(Path("ortho.tif"), cracked(260, 300, *lines))
    found = run(files, "ortho.tif")
    assert found.cracks["length_px"].tolist() == [
        pytest.approx(np.hypot(120, 50) + np.hypot(120, 30), rel=0.02),
        pytest.approx(80, rel=0.05),
    ]
    assert found.cracks["end_points"].tolist() == [2, 2]
    assert found.photos["notes"].tolist() == ["1 cracks that span more than 96 × 96 pixels were measured in portions"]
    monkeypatch.setattr(windows, "CELL_PX", 4096)
    once = run(files, "ortho.tif", out="once")
    for measure in ("length_mm", "width_median_mm", "width_max_mm", "orientation_deg", "area_mm2", "confidence"):
        assert found.cracks[measure].tolist() == pytest.approx(once.cracks[measure].tolist(), rel=0.02), measure
    assert once.photos["notes"].tolist() == [""]
    assert found.photos["crack_px"].tolist() == once.photos["crack_px"].tolist()


def test_the_geopackage_holds_lines_and_measures_in_the_rasters_system(files: SegmenterFiles) -> None:
    write(Path("ortho.tif"), cracked(96, 160, [(20, 50), (140, 50)], [(30, 80), (60, 70)]))
    found = run(files, "ortho.tif")
    meta, table, lines = features("ortho")
    assert (meta["crs"], meta["geometry_type"]) == (UTM33, "MultiLineString")
    assert table["crack"].tolist() == [1, 2]
    for column in ("length_mm", "width_mean_mm", "width_p95_mm", "width_max_mm", "orientation_deg", "area_mm2"):
        assert table[column].tolist() == found.cracks[column].tolist()
    assert set(table["width_by"]) <= {"geometric", "photometric"}
    assert table["class"].tolist() == ["over 0.2 mm"] * 2
    (long,) = lines[0]
    assert np.sort(long[:, 0])[[0, -1]] == pytest.approx(389250 + np.array([20, 141]) * 0.0005, abs=0.001)
    assert long[:, 1] == pytest.approx(5820120 - 50.5 * 0.0005, abs=0.0005)
    length = np.linalg.norm(np.diff(long, axis=0), axis=1).sum() * 1000
    assert length == pytest.approx(table["length_mm"][0], rel=0.01)


def test_the_geojson_holds_them_in_degrees(files: SegmenterFiles) -> None:
    write(Path("ortho.tif"), cracked(96, 160, [(20, 50), (140, 50)]))
    found = run(files, "ortho.tif")
    (feature,) = json.loads(Path("out/cracks.geojson").read_text())["features"]
    assert feature["geometry"]["type"] == "MultiLineString"
    (line,) = feature["geometry"]["coordinates"]
    x, y = transform("EPSG:4326", UTM33, *zip(*line, strict=True))
    assert (min(x), max(x)) == pytest.approx((389250.01, 389250.0705), abs=0.001)
    assert np.array(y) == pytest.approx(5820120 - 50.5 * 0.0005, abs=0.0005)
    assert found.photos["latitude"].tolist() == [pytest.approx(line[0][1], abs=1e-5)]
    assert found.photos["longitude"].tolist() == [pytest.approx(line[0][0], abs=1e-5)]


def test_degrees_a_turned_raster_and_one_without_a_system_are_measured_as_they_tell(files: SegmenterFiles) -> None:
    picture = cracked(96, 160, [(20, 50), (140, 50)])
    turned = rasterio.Affine(0.0003, 0.0004, 4e5, 0.0004, -0.0003, 5e6)
    write(Path("degrees.tif"), picture, crs="EPSG:4326", transform=rasterio.Affine(1e-8, 0, 13.4, 0, -1e-8, 52.5))
    write(Path("turned.tif"), picture, transform=turned)
    write(Path("nameless.tif"), picture, crs=None)
    found = run(files, "degrees.tif", "turned.tif", "nameless.tif")
    assert found.cracks["length_mm"].tolist() == [
        pytest.approx(120 * 0.679, rel=0.03),  # a step of a column at 52.5° north
        pytest.approx(120 * 0.5, rel=0.03),
        pytest.approx(np.nan, nan_ok=True),
    ]
    _, _, ((line,),) = features("turned")
    assert line[0] == pytest.approx(turned @ (found.cracks["left_px"][1], 50.5), abs=0.001)
    meta, table, _ = features("nameless")
    assert meta["crs"] is None
    assert np.isnan(table["length_mm"]).all()
    assert found.photos["notes"][2] == "GeoTIFF: it names no coordinate system, its transform is not used"
    geometries = [one["geometry"] for one in json.loads(Path("out/cracks.geojson").read_text())["features"]]
    assert geometries[0]["coordinates"][0][0] == pytest.approx([13.4, 52.5], abs=1e-4)
    assert geometries[2] is None


@pytest.mark.usefixtures("small_windows")
def test_a_plain_tiff_that_is_too_large_for_a_photograph_goes_through_windows(
    files: SegmenterFiles, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(Path("plain.tif"), cracked(150, 200, [(20, 50), (140, 50)]), crs=None, transform=None)
    small = type(files)(**{name: getattr(files, name) for name in files.__slots__} | {"max_megapixels": 0.02})
    found = run(small, "plain.tif")
    assert found.cracks["length_px"].tolist() == [pytest.approx(120, rel=0.03)]
    assert found.cracks["length_mm"].isna().all()
    _, _, (lines,) = features("plain")
    assert np.concatenate(lines)[:, 1] == pytest.approx(-50.5, abs=1)  # as QGIS shows pictures without a place
    scaled = run(small, "plain.tif", sources=ScaleSources(mm_per_px=2.0))
    assert scaled.cracks["length_mm"].tolist() == [pytest.approx(240, rel=0.03)]


def test_a_mosaic_that_is_done_is_not_looked_at_again_and_another_scale_needs_no_network(
    files: SegmenterFiles, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(Path("ortho.tif"), cracked(96, 160, [(20, 50), (140, 50)]))
    first = run(files, "ortho.tif")
    monkeypatch.setattr("crackpipe.apply.trained_segmenter.load", lambda *_, **__: pytest.fail("loaded a network"))
    with monkeypatch.context() as patch:
        patch.setattr("crackpipe.apply.orthomosaic.inspect_map", lambda *_, **__: pytest.fail("looked again"))
        pd.testing.assert_frame_equal(run(files, "ortho.tif").cracks, first.cracks)
    before = Path("out/ortho.mask.tif").read_bytes()
    scaled = run(files, "ortho.tif", sources=ScaleSources(mm_per_px=1.0))
    assert scaled.cracks["length_mm"].tolist() == [pytest.approx(2 * first.cracks["length_mm"][0], rel=1e-4)]
    assert Path("out/ortho.mask.tif").read_bytes() == before
    assert scaled.photos["notes"][0].startswith("scales differ by 100 %")


@pytest.mark.usefixtures("small_windows")
def test_two_inspections_give_the_same_bytes_and_leave_nothing_behind(files: SegmenterFiles) -> None:
    write(Path("ortho.tif"), bordered(cracked(150, 200, [(20, 50), (140, 60)]), 12), alpha=True)
    for out in ("one", "two"):
        run(files, "ortho.tif", out=out, masks_only=False)
    names = {path.name for path in Path("one").iterdir()}
    assert {"ortho.mask.tif", "ortho.cracks.gpkg", "ortho.cracks.jpg", "report.html"} <= names
    assert not [name for name in names if name.startswith(".")]
    for name in names - {"inspected.jsonl"}:
        assert Path("one", name).read_bytes() == Path("two", name).read_bytes(), name
    picture = images.decode_rgb(Path("one/ortho.cracks.jpg").read_bytes()).astype(int)
    assert picture.shape == (150, 200, 3)
    assert (picture[..., 0] - picture[..., 1] > 60).sum() > 200  # red


def test_short_specks_are_below_the_level_in_the_mask(files: SegmenterFiles) -> None:
    write(Path("ortho.tif"), cracked(96, 160, [(20, 50), (140, 50)], [(30, 80), (36, 80)]))
    found = run(files.with_geometry(min_length_px=40.0), "ortho.tif")
    with mask_of("ortho") as mask:
        levels = mask.read(1)
    assert len(found.cracks) == 1
    assert levels[50, 80] >= 128
    assert levels[80, 33] == 127


def test_a_raster_without_data_and_one_in_the_way_are_refused(files: SegmenterFiles) -> None:
    write(Path("empty.tif"), np.zeros((60, 90, 3), np.uint8), nodata=0)
    write(Path("ortho.tif"), cracked(96, 160))
    Path("out").mkdir()
    Path("out/ortho.cracks.gpkg").write_bytes(b"mine")
    found = run(files, "empty.tif", "ortho.tif")
    assert found.exit_status == 1
    assert found.refused["reason"].tolist() == [
        "all of it is transparent or without data; there is nothing to look at",
        "out/ortho.cracks.gpkg is there and is none of this survey's results; name another folder with --out",
    ]
    assert Path("out/ortho.cracks.gpkg").read_bytes() == b"mine"
    assert not list(Path("out").glob(".*"))


def test_a_mosaic_without_a_crack_has_an_empty_layer(files: SegmenterFiles) -> None:
    write(Path("ortho.tif"), cracked(96, 160), transform=HALF_MM)
    run(files, "ortho.tif")
    meta, table, _ = features("ortho")
    assert len(table) == 0
    assert "length_mm" in meta["fields"]


def test_results_among_the_mosaics_are_no_mosaics(files: SegmenterFiles) -> None:
    write(Path("site/ortho.tif"), cracked(96, 160, [(20, 50), (140, 50)]))
    for _ in range(2):
        assert run(files, "site", out="site").photos["name"].tolist() == ["a", "deep/b", "ortho"]


MEASURED = """
import resource, sys
from pathlib import Path
from crackpipe.apply import segmenter_files
from crackpipe.apply.survey import SurveySettings, inspect
from crackpipe.imaging.scale import ScaleSources
from crackpipe.measures import width_classes
settings = SurveySettings(ScaleSources(), width_classes.parse("jsce"), masks_only=False, again=False)
inspect([Path("large.tif")], files=segmenter_files.find(sys.argv[1]), out=Path("out"), settings=settings)
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20)
"""


@pytest.mark.nightly
def test_a_mosaic_of_400_megapixels_takes_less_than_2_gib(files: SegmenterFiles) -> None:
    write(Path("patch.tif"), bordered(cracked(3072, 3072, [(50, 100), (3000, 2900)], [(1500, 60), (1400, 3000)]), 8))
    sides = {"height": 20_000, "width": 20_000, "count": 4, "dtype": "uint8", "tiled": True, "sparse_ok": True}
    how = {"compress": "deflate", "photometric": "RGB", "alpha": "YES", "crs": UTM33, "transform": HALF_MM}
    with rasterio.open("patch.tif") as patch, rasterio.open("large.tif", "w", driver="GTiff", **sides, **how) as large:
        for top, left in ((3584, 3584), (15360, 10240)):  # across borders of windows and cells
            large.write(patch.read(), window=((top, top + 3072), (left, left + 3072)))
    done = subprocess.run(
        [sys.executable, "-c", MEASURED, str(files.folder)], capture_output=True, text=True, check=True
    )
    assert float(done.stdout) < 2
    cracks = pd.read_csv("out/cracks.csv")
    expected = np.hypot(2950, 2800) + np.hypot(100, 2940)
    assert cracks["length_px"].tolist() == pytest.approx([expected] * 2, rel=0.02)
    assert Path("out/large.mask.tif").stat().st_size < 1e6
