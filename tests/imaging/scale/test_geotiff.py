"""Scale of GeoTIFFs that tifffile writes: units, turned maps, degrees, Web Mercator, missing and damaged tags."""

import io
import math
from typing import Any

import numpy as np
import pytest
import tifffile
from hypothesis import given
from hypothesis import strategies as st

from crackpipe.imaging.scale import geotiff
from crackpipe.imaging.scale.of_photograph import scale_of
from crackpipe.imaging.scale.record import Scale
from crackpipe.imaging.scale.sources import ScaleSources

UTM = (1, 1, 0, 2, 1024, 0, 1, 1, 3076, 0, 1, 9001)
RGB = np.zeros((40, 60, 3), np.uint8)


def tiff(
    *,
    pixel: tuple[float, float] | None = (0.005, 0.005),
    tie: tuple[float, ...] = (0, 0, 0, 500000.0, 5260000.0, 0),
    matrix: tuple[float, ...] | None = None,
    keys: tuple[int, ...] | None = UTM,
    doubles: tuple[float, ...] | None = None,
    bigtiff: bool = False,
) -> bytes:
    tags: list[tuple[int, int, int, Any, bool]] = []
    if matrix is not None:
        tags.append((geotiff.TRANSFORMATION, 12, 16, matrix, True))
    elif pixel is not None:
        tags.append((geotiff.PIXEL_SCALE, 12, 3, (*pixel, 0.0), True))
        tags.append((geotiff.TIE_POINT, 12, 6, tie, True))
    if keys is not None:
        tags.append((geotiff.DIRECTORY, 3, len(keys), keys, True))
    if doubles is not None:
        tags.append((geotiff.DOUBLES, 12, len(doubles), doubles, True))
    out = io.BytesIO()
    tifffile.imwrite(out, RGB, photometric="rgb", extratags=tags, bigtiff=bigtiff)
    return out.getvalue()


def scale(data: bytes) -> Scale:
    return scale_of("map.tif", data, RGB, ScaleSources())


@pytest.mark.parametrize(("unit", "metres"), [(9001, 1.0), (9002, 0.3048), (9003, 1200 / 3937), (9036, 1000.0)])
@pytest.mark.parametrize("bigtiff", [False, True])
def test_a_projected_map_has_the_scale_of_its_unit(unit: int, metres: float, bigtiff: bool) -> None:
    found = scale(tiff(keys=(*UTM[:-1], unit), bigtiff=bigtiff))
    assert found.mm_per_px == pytest.approx(5 * metres)
    assert found.perspective is None
    assert (found.source, found.notes) == ("GeoTIFF", ())


def test_a_unit_of_its_own_is_read_from_the_doubles() -> None:
    keys = (1, 1, 0, 3, 1024, 0, 1, 1, 3076, 0, 1, 32767, 3077, 34736, 1, 1)
    assert scale(tiff(keys=keys, doubles=(7.0, 0.5))).mm_per_px == pytest.approx(2.5)


def test_a_turned_map_with_oblong_pixels_is_measured_by_its_transform() -> None:
    turn = math.radians(30)
    a, b = 0.004 * math.cos(turn), 0.008 * math.sin(turn)
    c, d = 0.004 * math.sin(turn), -0.008 * math.cos(turn)
    found = scale(tiff(matrix=(a, b, 0, 5e5, c, d, 0, 5e6, 0, 0, 0, 0, 0, 0, 0, 1)))
    assert found.mm_per_px == pytest.approx(math.sqrt(32))
    steps = found.mm(np.array([[0.0, 0.0], [10.0, 0.0], [10.0, 10.0]]))
    np.testing.assert_allclose(np.linalg.norm(np.diff(steps, axis=0), axis=1), [80, 40], rtol=1e-9)
    assert found.notes == ("GeoTIFF: a pixel is 8 mm down and 4 mm across, and lengths are measured so",)
    turned_only = (0.0, 0.005, 0, 5e5, 0.005, 0.0, 0, 5e6, 0, 0, 0, 0, 0, 0, 0, 1)
    assert scale(tiff(matrix=turned_only)).perspective is None


def test_degrees_become_metres_at_the_maps_latitude() -> None:
    degrees = (1, 1, 0, 2, 1024, 0, 1, 2, 2048, 0, 1, 4326)
    found = scale(tiff(pixel=(1e-7, 1e-7), tie=(0, 0, 0, 8.5, 60.0, 0), keys=degrees))
    down, across = np.linalg.norm(found.mm(np.array([[1.0, 0.0], [0.0, 1.0]])) - found.mm(np.zeros((2, 2))), axis=1)
    # lengths of a degree at 60°, from published tables of WGS84
    assert down == pytest.approx(11.1412, rel=1e-4)
    assert across == pytest.approx(5.5800, rel=1e-4)
    assert found.notes[0] == "GeoTIFF: in degrees; the scale is that at its centre"
    assert found.notes[1].startswith("GeoTIFF: a pixel is 11.14 mm down and 5.58 mm across")


@given(latitude=st.floats(-80, 80))
def test_a_web_mercator_map_is_as_large_as_the_same_map_in_degrees(latitude: float) -> None:
    radius, side = geotiff.EQUATOR_M, 1e-8
    north = radius * math.log(math.tan(math.pi / 4 + math.radians(latitude) / 2))
    mercator = {geotiff.DIRECTORY: (1, 1, 0, 3, 1024, 0, 1, 1, 3072, 0, 1, 3857, 3076, 0, 1, 9001)}
    degrees = {geotiff.DIRECTORY: (1, 1, 0, 1, 1024, 0, 1, 2)}
    across_m = radius * math.radians(side)
    on_map = geotiff.of_tags(
        {geotiff.PIXEL_SCALE: (across_m, across_m, 0), geotiff.TIE_POINT: (0, 0, 0, 0, north, 0), **mercator},
        height=2,
        width=2,
    )
    down_deg = side * math.cos(math.radians(latitude))
    on_globe = geotiff.of_tags(
        {geotiff.PIXEL_SCALE: (side, down_deg, 0), geotiff.TIE_POINT: (0, 0, 0, 0, latitude, 0), **degrees},
        height=2,
        width=2,
    )
    assert on_map.down_mm is not None
    assert on_map.across_mm is not None
    np.testing.assert_allclose(on_map.down_mm, on_globe.down_mm, rtol=1e-6)
    np.testing.assert_allclose(on_map.across_mm, on_globe.across_mm, rtol=1e-6)


def test_a_map_that_names_no_unit_is_taken_in_metres_and_says_so() -> None:
    found = scale(tiff(keys=(1, 1, 0, 2, 1024, 0, 1, 1, 3072, 0, 1, 2263)))
    assert found.mm_per_px == pytest.approx(5)
    assert found.notes == ("GeoTIFF: it does not name its unit (EPSG:2263); taken as metres",)


@pytest.mark.parametrize(
    ("keys", "note"),
    [
        (None, "GeoTIFF: neither projected nor in degrees, its transform is not used"),
        ((1, 1, 0, 1, 1024, 0, 1, 3), "GeoTIFF: neither projected nor in degrees, its transform is not used"),
        (
            (1, 1, 0, 2, 1024, 0, 1, 2, 2054, 0, 1, 9105),
            "GeoTIFF: in angles of an unknown unit, its transform is not used",
        ),
    ],
)
def test_a_map_in_no_known_system_has_no_scale(keys: tuple[int, ...] | None, note: str) -> None:
    found = scale(tiff(keys=keys))
    assert found.mm_per_px is None
    assert found.notes == (note,)


def test_a_picture_that_is_no_map_has_none_and_nothing_to_tell() -> None:
    for data in (tiff(pixel=None, keys=None), b"\x89PNG\r\n\x1a\n", b""):
        assert scale(data).mm_per_px is None
        assert scale(data).notes == ()


def test_damage_gives_a_note_and_never_raises() -> None:
    assert scale(tiff(pixel=(0.0, 0.0))).notes == ("GeoTIFF: damaged, its transform is not used (ValueError)",)
    whole, chance = tiff(), np.random.default_rng(0)
    for _ in range(300):
        damaged = bytearray(whole)
        for at in chance.integers(0, 400, 5):
            damaged[at] = chance.integers(256)
        geotiff.pixel(bytes(damaged))
    geotiff.pixel(whole[:100])
