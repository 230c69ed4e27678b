"""The order of trust, and what is told where several sources disagree or one is missing."""

import io

import numpy as np
import pytest
from drawn_markers import photograph
from PIL import Image
from PIL.ExifTags import IFD, Base

from crackpipe.imaging.scale import ScaleSources, scale_of, scale_of_map
from crackpipe.imaging.scale.geotiff import Pixel

WALL = photograph(marker_mm=50, distance_mm=450)  # 0.5 mm per pixel


@pytest.fixture(scope="module")
def data() -> bytes:
    written = Image.Exif()
    written.get_ifd(IFD.Exif).update(
        {Base.FocalLengthIn35mmFilm: 27, Base.ExifImageWidth: 960, Base.ExifImageHeight: 720}
    )
    out = io.BytesIO()
    Image.fromarray(WALL.image).save(out, "jpeg", exif=written)
    return out.getvalue()


def test_a_row_of_the_table_goes_before_a_marker_before_a_given_figure_before_the_distance(data: bytes) -> None:
    everything = {"table": {"a.jpg": 0.51}, "marker_mm": 50.0, "mm_per_px": 0.49, "distance_m": 0.37}
    expected = ["table of scales", "marker 7 of DICT_4X4_1000", "mm per pixel as given", "0.37 m and the camera's EXIF"]
    for source, name in zip(expected, list(everything), strict=True):
        found = scale_of("wall/a.jpg", data, WALL.image, ScaleSources(**everything))  # type: ignore[arg-type]
        assert found.source == source
        assert found.notes == ()
        del everything[name]
    nothing = scale_of("wall/a.jpg", data, WALL.image, ScaleSources())
    assert (nothing.mm_per_px, nothing.source, nothing.notes) == (None, "none", ())


def test_scales_that_differ_by_more_than_five_percent_are_all_told(data: bytes) -> None:
    found = scale_of("a.jpg", data, WALL.image, ScaleSources(table={"a.jpg": 0.5}, mm_per_px=0.6, distance_m=0.4))
    assert found.mm_per_px == 0.5
    assert found.notes == (
        "scales differ by 20 %, mm per pixel: 0.5 (table of scales), 0.6 (mm per pixel as given), 0.5342 (0.4 m and "
        "the camera's EXIF); the first is taken",
    )
    alike = scale_of("a.jpg", data, WALL.image, ScaleSources(mm_per_px=0.5, table={"a.jpg": 0.52}))
    assert alike.notes == ()


def test_what_was_asked_for_and_is_missing_is_told(data: bytes) -> None:
    plain = np.full((100, 120, 3), 150, np.uint8)
    found = scale_of("b.jpg", b"", plain, ScaleSources(0.5, {"a.jpg": 1.0}, 50.0, 2.0))
    assert (found.mm_per_px, found.source) == (0.5, "mm per pixel as given")
    assert [note.split(":")[0] for note in found.notes] == [
        "the table of scales has no row for it",
        "marker",
        "EXIF tells no size of the camera's picture; the scale holds if nobody has resized or cut it",
        "the distance gives no scale",
    ]


def test_a_plain_scale_multiplies() -> None:
    found = scale_of("a.jpg", b"", WALL.image, ScaleSources(mm_per_px=0.25))
    points, normals = np.array([[4.0, 8.0], [4.0, 12.0]]), np.array([[1.0, 0.0], [0.6, 0.8]])
    np.testing.assert_allclose(found.mm(points), points / 4)
    np.testing.assert_allclose(found.width_mm(points, normals, np.array([8.0, np.nan])), [2.0, np.nan])


def test_of_a_map_what_is_given_goes_before_its_transform() -> None:
    pixel = Pixel(np.array([2.0, 0.0]), np.array([0.0, 2.0]))
    given = {"table": {"map.tif": 1.95}, "mm_per_px": 1.98}
    for source, name in zip(["table of scales", "mm per pixel as given"], list(given), strict=True):
        assert scale_of_map("site/map.tif", pixel, ScaleSources(**given)).source == source  # type: ignore[arg-type]
        del given[name]
    found = scale_of_map("site/map.tif", pixel, ScaleSources(marker_mm=50.0, distance_m=3.0))
    assert (found.mm_per_px, found.source, found.notes) == (2.0, "GeoTIFF", ())
