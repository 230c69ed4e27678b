"""What a camera writes beside the pixels: focal length, sensor, size, position, time. Nothing here raises."""

import io
import math
import struct
import warnings
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from PIL import Image
from PIL.ExifTags import GPS, IFD, Base

Position = tuple[float, float]

# What Pillow raises on a damaged block, as fuzzing shows; a picture with one is as good as another.
BROKEN = (ArithmeticError, AttributeError, LookupError, OSError, SyntaxError, TypeError, ValueError, struct.error)
MM_PER_UNIT = {2: 25.4, 3: 10.0, 4: 1.0, 5: 0.001}  # of FocalPlaneResolutionUnit; 4 and 5 are not in the standard


@dataclass(frozen=True, slots=True)
class Exif:
    """The tags that scale and place need; each is ``None`` where it is missing, zero or damaged.

    Attributes:
        focal_mm: focal length of the lens.
        focal_35mm: focal length that gives the same angle on 35 mm film.
        sensor_px_per_mm: pixels of the camera's picture on a millimetre of its sensor (FocalPlaneXResolution).
        long_px, short_px: sides of the picture as the camera wrote it, before any program resized it.
        digital_zoom: 1 where none is told.
        position: latitude and longitude, degrees, north and east positive, WGS84.
        taken: date and time by the camera's clock, as 2026-03-31 14:05:59.
        notes: what could not be used, a sentence each.
    """

    focal_mm: float | None = None
    focal_35mm: float | None = None
    sensor_px_per_mm: float | None = None
    long_px: float | None = None
    short_px: float | None = None
    digital_zoom: float = 1.0
    position: Position | None = None
    taken: str | None = None
    notes: tuple[str, ...] = ()


def read(data: bytes) -> Exif:
    """Read the tags of an encoded picture of any kind that Pillow opens; a damaged block gives a note."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of damaged blocks, and of large pictures, whose pixels are not read here
            with Image.open(io.BytesIO(data)) as picture:
                exif = picture.getexif()
                camera, place = exif.get_ifd(IFD.Exif), exif.get_ifd(IFD.GPSInfo)
    except Image.DecompressionBombError:
        return Exif(notes=("EXIF: not read, as the picture is very large",))
    except BROKEN as error:
        return Exif(notes=(f"EXIF: damaged, nothing of it is used ({type(error).__name__})",))
    sides = sorted(filter(None, (_positive(camera.get(tag)) for tag in (Base.ExifImageWidth, Base.ExifImageHeight))))
    resolution = _positive(camera.get(Base.FocalPlaneXResolution))
    unit = MM_PER_UNIT.get(camera.get(Base.FocalPlaneResolutionUnit, 2))
    where, notes = _position(place)
    return Exif(
        focal_mm=_positive(camera.get(Base.FocalLength)),
        focal_35mm=_positive(camera.get(Base.FocalLengthIn35mmFilm)),
        sensor_px_per_mm=resolution / unit if resolution and unit else None,
        long_px=sides[1] if len(sides) == 2 else None,
        short_px=sides[0] if len(sides) == 2 else None,
        digital_zoom=_positive(camera.get(Base.DigitalZoomRatio)) or 1.0,
        position=where,
        taken=_time(camera.get(Base.DateTimeOriginal)) or _time(camera.get(Base.DateTimeDigitized)),
        notes=notes,
    )


def _positive(value: Any) -> float | None:
    number = _number(value)
    return number if number is not None and number > 0 else None


def _number(value: Any) -> float | None:
    """A finite number, or ``None``: a rational may have a denominator of 0, a damaged tag any type."""
    try:
        number = float(value)
    except (TypeError, ValueError, ArithmeticError):
        return None
    return number if math.isfinite(number) else None


def _position(tags: Mapping[int, Any]) -> tuple[Position | None, tuple[str, ...]]:
    if GPS.GPSLatitude not in tags and GPS.GPSLongitude not in tags:
        return None, ()
    if "TOKYO" in _letters(tags.get(GPS.GPSMapDatum)):
        return None, ("EXIF: the position is not used, as its datum is Tokyo's and not WGS84",)
    latitude = _degrees(tags.get(GPS.GPSLatitude), _letters(tags.get(GPS.GPSLatitudeRef)), signs={"N": 1, "S": -1})
    longitude = _degrees(tags.get(GPS.GPSLongitude), _letters(tags.get(GPS.GPSLongitudeRef)), signs={"E": 1, "W": -1})
    if latitude is None or longitude is None or abs(latitude) > 90 or abs(longitude) > 180:
        return None, ("EXIF: the position is damaged, and not used",)
    return (latitude, longitude), ()


def _degrees(value: Any, letter: str, *, signs: Mapping[str, int]) -> float | None:
    """Degrees of up to three numbers: degrees, minutes, seconds."""
    parts = [_number(part) for part in value] if isinstance(value, tuple) else [_number(value)]
    numbers = [part for part in parts if part is not None and part >= 0]
    if letter not in signs or not 1 <= len(numbers) <= 3 or len(numbers) != len(parts):
        return None
    return signs[letter] * sum(number / 60**power for power, number in enumerate(numbers))


def _time(value: Any) -> str | None:
    try:
        return str(datetime.strptime(value.strip("\0 "), "%Y:%m:%d %H:%M:%S"))
    except (AttributeError, TypeError, ValueError):  # damaged, or a clock that was never set: 0000:00:00
        return None


def _letters(value: Any) -> str:
    text = value.decode("latin-1") if isinstance(value, bytes) else value if isinstance(value, str) else ""
    return text.strip("\0 ").upper()
