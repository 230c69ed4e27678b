"""Scale from distance and EXIF, and the place: drones and phones as they write it, resized, turned, cut, damaged."""

import io
import random
from typing import Any

import pytest
from PIL import Image
from PIL.ExifTags import GPS, IFD, Base
from PIL.TiffImagePlugin import IFDRational

from crackpipe.imaging.scale import camera, exif
from crackpipe.imaging.scale.exif import Exif

PHANTOM = {  # 1" sensor, 13.2 × 8.8 mm, 5472 × 3648 px
    Base.FocalLength: IFDRational(88, 10),
    Base.FocalLengthIn35mmFilm: 24,
    Base.FocalPlaneXResolution: IFDRational(54720, 132),
    Base.FocalPlaneResolutionUnit: 4,
    Base.ExifImageWidth: 5472,
    Base.ExifImageHeight: 3648,
}


def jpeg(camera_tags: dict[int, Any], gps: dict[int, Any] | None = None, *, size: tuple[int, int] = (64, 48)) -> bytes:
    written = Image.Exif()
    written.get_ifd(IFD.Exif).update(camera_tags)
    written.get_ifd(IFD.GPSInfo).update(gps or {})
    out = io.BytesIO()
    Image.new("RGB", size).save(out, "jpeg", exif=written)
    return out.getvalue()


def scale(tags: dict[int, Any], *, height: int = 3648, width: int = 5472) -> tuple[float | None, tuple[str, ...]]:
    return camera.mm_per_px(exif.read(jpeg(tags)), distance_m=2.5, height=height, width=width)


def without(*names: Base) -> dict[int, Any]:
    return {tag: value for tag, value in PHANTOM.items() if tag not in names}


def test_a_drones_scale_is_distance_times_sensor_over_focal_length_and_pixels() -> None:
    found, notes = scale(PHANTOM)
    assert found == pytest.approx(2500 * 13.2 / (8.8 * 5472))
    assert notes == ()


@pytest.mark.parametrize(
    ("unit", "px_per_unit"), [(2, 5472 / 13.2 * 25.4), (3, 5472 / 1.32), (None, 5472 / 13.2 * 25.4)]
)
def test_the_unit_of_the_sensors_resolution_is_inches_unless_another_is_told(
    unit: int | None, px_per_unit: float
) -> None:
    tags = without(Base.FocalPlaneResolutionUnit) | {
        Base.FocalPlaneXResolution: IFDRational(round(px_per_unit * 100), 100)
    }
    if unit is not None:
        tags[Base.FocalPlaneResolutionUnit] = unit
    assert scale(tags)[0] == pytest.approx(2500 * 13.2 / (8.8 * 5472), rel=1e-5)


def test_without_the_sensors_resolution_the_diagonal_of_35_mm_film_is_compared() -> None:
    found, notes = scale(without(Base.FocalPlaneXResolution))
    assert found == pytest.approx(2500 * 36 / (24 * 5472))  # 3:2 as film is: diagonal and width agree
    assert notes == ()
    phone = {Base.FocalLengthIn35mmFilm: 26, Base.ExifImageWidth: 4000, Base.ExifImageHeight: 3000}
    assert scale(phone, height=3000, width=4000)[0] == pytest.approx(2500 * 43.2666 / (26 * 5000), rel=1e-5)


def test_a_picture_on_its_side_has_the_same_scale() -> None:
    assert scale(PHANTOM, height=5472, width=3648) == scale(PHANTOM)
    turned = PHANTOM | {Base.ExifImageWidth: 3648, Base.ExifImageHeight: 5472}
    assert scale(turned, height=5472, width=3648) == scale(PHANTOM)


def test_a_resized_picture_has_larger_pixels_and_says_so() -> None:
    found, notes = scale(PHANTOM, height=683, width=1024)  # 682.67
    assert found == pytest.approx(2500 * 13.2 / (8.8 * 1024))
    assert notes == ("resized from the camera's 5472×3648 to 1024×683 pixels, which the scale allows for",)
    film, _ = scale(without(Base.FocalPlaneXResolution), height=683, width=1024)
    assert film == pytest.approx(2500 * 36 / (24 * 1024))


def test_a_cut_picture_keeps_the_scale_and_says_so() -> None:
    found, notes = scale(PHANTOM, height=2000, width=2000)
    assert found == pytest.approx(2500 * 13.2 / (8.8 * 5472))
    assert notes == ("cut from the camera's 5472×3648 to 2000×2000 pixels; the scale holds if it was not resized",)


def test_a_picture_of_unknown_first_size_is_taken_as_it_is() -> None:
    found, notes = scale(without(Base.ExifImageWidth))
    assert found == pytest.approx(2500 * 13.2 / (8.8 * 5472))
    assert notes == ("EXIF tells no size of the camera's picture; the scale holds if nobody has resized or cut it",)


def test_an_impossible_sensor_is_not_used() -> None:
    found, notes = scale(PHANTOM | {Base.FocalPlaneXResolution: IFDRational(72, 1)})
    assert found == pytest.approx(2500 * 36 / (24 * 5472))
    assert notes == ("EXIF: its FocalPlaneXResolution makes the sensor 76 mm wide, and is not used",)


def test_two_ways_that_disagree_are_told() -> None:
    _, notes = scale(PHANTOM | {Base.FocalLengthIn35mmFilm: 30, Base.DigitalZoomRatio: IFDRational(3, 2)})
    assert notes == (
        "EXIF: FocalLengthIn35mmFilm would make a pixel 0.8 times as large as FocalPlaneXResolution, which is used",
        "EXIF: a digital zoom of 1.5; cameras differ in whether their focal length has it",
    )


def test_a_picture_without_a_focal_length_has_no_scale() -> None:
    found, notes = scale(without(Base.FocalLength, Base.FocalLengthIn35mmFilm))
    assert found is None
    assert notes == (
        "the distance gives no scale: the photograph's EXIF has no usable FocalLength with FocalPlaneXResolution, or "
        "FocalLengthIn35mmFilm",
    )


def dms(degrees: int, minutes: int, hundredths: int) -> tuple[IFDRational, ...]:
    return IFDRational(degrees, 1), IFDRational(minutes, 1), IFDRational(hundredths, 100)


@pytest.mark.parametrize(("north", "east", "signs"), [("N", "E", (1, 1)), ("S", "W", (-1, -1)), ("N", "W", (1, -1))])
def test_a_position_is_signed_degrees(north: str, east: str, signs: tuple[int, int]) -> None:
    tags = {
        GPS.GPSLatitudeRef: north,
        GPS.GPSLatitude: dms(47, 30, 1800),
        GPS.GPSLongitudeRef: east,
        GPS.GPSLongitude: dms(8, 15, 3600),
    }
    found = exif.read(jpeg({}, tags)).position
    assert found == pytest.approx((signs[0] * 47.505, signs[1] * 8.26))


@pytest.mark.parametrize(
    "change",
    [
        {GPS.GPSLatitudeRef: "Q"},
        {GPS.GPSLatitude: dms(91, 0, 0)},
        {GPS.GPSLatitude: (IFDRational(0, 0), IFDRational(0, 0), IFDRational(0, 0))},
    ],
)
def test_a_damaged_position_is_none_with_a_note(change: dict[int, Any]) -> None:
    tags = {
        GPS.GPSLatitudeRef: "N",
        GPS.GPSLatitude: dms(47, 30, 0),
        GPS.GPSLongitudeRef: "E",
        GPS.GPSLongitude: dms(8, 0, 0),
    }
    found = exif.read(jpeg({}, tags | change))
    assert found.position is None
    assert found.notes == ("EXIF: the position is damaged, and not used",)


def test_a_position_of_another_datum_is_not_taken_for_wgs84() -> None:
    tags = {
        GPS.GPSLatitudeRef: "N",
        GPS.GPSLatitude: dms(35, 40, 0),
        GPS.GPSLongitudeRef: "E",
        GPS.GPSLongitude: dms(139, 45, 0),
        GPS.GPSMapDatum: "TOKYO",
    }
    found = exif.read(jpeg({}, tags))
    assert found.position is None
    assert found.notes == ("EXIF: the position is not used, as its datum is Tokyo's and not WGS84",)


@pytest.mark.parametrize(
    ("tags", "taken"),
    [
        ({Base.DateTimeOriginal: "2026:03:31 14:05:59"}, "2026-03-31 14:05:59"),
        ({Base.DateTimeDigitized: "2026:03:31 14:05:59\0"}, "2026-03-31 14:05:59"),
        (
            {Base.DateTimeOriginal: "2025:01:02 03:04:05", Base.DateTimeDigitized: "2026:03:31 14:05:59"},
            "2025-01-02 03:04:05",
        ),
        ({Base.DateTimeOriginal: "0000:00:00 00:00:00"}, None),
        ({Base.DateTimeOriginal: "yesterday"}, None),
        ({}, None),
    ],
)
def test_the_time_is_that_of_the_shot_by_the_cameras_clock(tags: dict[int, Any], taken: str | None) -> None:
    assert exif.read(jpeg(tags)).taken == taken


def test_a_picture_without_exif_and_what_is_no_picture_tell_nothing() -> None:
    out = io.BytesIO()
    Image.new("RGB", (4, 4)).save(out, "png")
    assert exif.read(out.getvalue()) == Exif()
    assert exif.read(b"").position is None
    assert exif.read(b"no picture").notes == ("EXIF: damaged, nothing of it is used (UnidentifiedImageError)",)


def test_no_damage_ever_raises() -> None:
    tags = {GPS.GPSLatitudeRef: "N", GPS.GPSLatitude: dms(47, 30, 0), GPS.GPSMapDatum: "WGS-84"}
    whole = jpeg(PHANTOM, tags)
    start, chance = whole.index(b"Exif"), random.Random(0)
    for _ in range(3000):
        damaged = bytearray(whole)
        for _byte in range(chance.randint(1, 8)):
            damaged[chance.randrange(start, start + 420)] = chance.choice((0, 255, chance.randrange(256)))
        found = exif.read(bytes(damaged))
        camera.mm_per_px(found, distance_m=2.5, height=48, width=64)
