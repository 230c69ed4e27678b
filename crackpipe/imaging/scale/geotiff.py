"""Scale of a GeoTIFF, such as an orthomosaic: what its transform says of a step of one row and of one column."""

import io
import math
import struct
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import tifffile
from jaxtyping import Float64

MAGIC = (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+")
PIXEL_SCALE, TIE_POINT, TRANSFORMATION, DIRECTORY, DOUBLES = 33550, 33922, 34264, 34735, 34736  # tags
MODEL_TYPE, SYSTEM, LINEAR_UNIT, LINEAR_SIZE, ANGULAR_UNIT = 1024, 3072, 3076, 3077, 2054  # keys of the directory
PROJECTED, GEOGRAPHIC = 1, 2  # values of MODEL_TYPE
METRES = {9001: 1.0, 9002: 0.3048, 9003: 1200 / 3937, 9036: 1000.0, 1025: 0.001, 1033: 0.01}  # by EPSG code
RADIANS = {9101: 1.0, 9102: math.pi / 180, 9122: math.pi / 180}
OWN_UNIT = 32767
WEB_MERCATOR = (3857, 3785, 900913)  # its metres are true on the equator alone
EQUATOR_M, FLATTENING = 6378137.0, 1 / 298.257223563  # WGS84

BROKEN = (ArithmeticError, AttributeError, LookupError, OSError, TypeError, ValueError, struct.error)


@dataclass(frozen=True, slots=True, eq=False)
class Pixel:
    """A pixel of a map on the ground, at the map's centre.

    Attributes:
        down_mm, across_mm: southwards and eastwards parts of a step of one row, and of one column; ``None`` where the
            file does not tell them.
        notes: a sentence each.
    """

    down_mm: Float64[np.ndarray, "2"] | None = None
    across_mm: Float64[np.ndarray, "2"] | None = None
    notes: tuple[str, ...] = ()


def pixel(data: bytes) -> Pixel:
    """Read the transform of an encoded picture; nothing where it is no TIFF or has none, a note where it is damaged."""
    if not data.startswith(MAGIC):
        return Pixel()
    try:
        with tifffile.TiffFile(io.BytesIO(data)) as file:
            page: Any = file.pages[0]
            tags = {int(tag.code): tag.value for tag in page.tags if tag.code >= PIXEL_SCALE}
            height, width = int(page.imagelength), int(page.imagewidth)
        return of_tags(tags, height=height, width=width)
    except BROKEN as error:
        return Pixel(notes=(f"GeoTIFF: damaged, its transform is not used ({type(error).__name__})",))


def of_tags(tags: Mapping[int, Any], *, height: int, width: int) -> Pixel:
    """Pixel of a map by the tags of its file.

    Args:
        tags: GeoTIFF's, by their number, as they are in the file.
        height, width: of the map, pixels.
    """
    found = _steps(tags, height=height, width=width)
    if found is None:
        return Pixel()
    steps, northing = found
    keys = _keys(tags)
    kind = keys.get(MODEL_TYPE)
    if kind == GEOGRAPHIC:
        return in_angles(steps, northing, radians=RADIANS.get(int(keys.get(ANGULAR_UNIT, 9102))))
    if kind != PROJECTED:
        return Pixel(notes=("GeoTIFF: neither projected nor in degrees, its transform is not used",))
    if keys.get(SYSTEM) in WEB_MERCATOR:
        return in_web_mercator(steps, northing)
    unit = int(keys.get(LINEAR_UNIT, 0))
    metres = keys.get(LINEAR_SIZE) if unit == OWN_UNIT else METRES.get(unit)
    if metres:
        return in_lengths(steps, metres=metres)
    system = f" (EPSG:{keys[SYSTEM]:.0f})" if SYSTEM in keys else ""
    return in_lengths(steps, metres=1.0, note=f"GeoTIFF: it does not name its unit{system}; taken as metres")


def in_angles(steps: Float64[np.ndarray, "2 2"], northing: float, *, radians: float | None) -> Pixel:
    """Pixel of a map in latitude and longitude.

    Args:
        steps: south and east by row and column, in the map's unit.
        northing: of the map's centre, in that unit.
        radians: that unit; ``None`` where it is not known.
    """
    if radians is None or abs(northing * radians) >= math.pi / 2:
        return Pixel(notes=("GeoTIFF: in angles of an unknown unit, its transform is not used",))
    ground = _metres_a_radian(northing * radians)[:, None] * steps * radians
    return _made(ground, ("GeoTIFF: in degrees; the scale is that at its centre",))


def in_web_mercator(steps: Float64[np.ndarray, "2 2"], northing: float) -> Pixel:
    """Pixel of a map in Web Mercator; arguments as of :func:`in_angles`."""
    latitude = 2 * math.atan(math.exp(northing / EQUATOR_M)) - math.pi / 2
    stretch = _metres_a_radian(latitude) / EQUATOR_M * np.array([math.cos(latitude), 1])
    return _made(stretch[:, None] * steps, ("GeoTIFF: in Web Mercator, whose stretch at its centre is taken out",))


def in_lengths(steps: Float64[np.ndarray, "2 2"], *, metres: float, note: str = "") -> Pixel:
    """Pixel of a map in a unit of length.

    Args:
        steps: south and east by row and column, in that unit.
        metres: that unit.
        note: of doubts about it.
    """
    return _made(steps * metres, (note,) if note else ())


def _steps(tags: Mapping[int, Any], *, height: int, width: int) -> tuple[Float64[np.ndarray, "2 2"], float] | None:
    """South and east by row and column, and the north coordinate of the centre, in the file's unit."""
    if TRANSFORMATION in tags:
        matrix = np.array(tags[TRANSFORMATION], np.float64).reshape(4, 4)
    elif PIXEL_SCALE in tags:
        across, down = tags[PIXEL_SCALE][:2]
        _, row, _, _, north = tags.get(TIE_POINT, (0.0,) * 6)[:5]
        matrix = np.zeros((4, 4))
        matrix[0, 0], matrix[1, 1], matrix[1, 3] = across, -down, north + row * down
    else:
        return None
    steps = np.array([[-matrix[1, 1], -matrix[1, 0]], [matrix[0, 1], matrix[0, 0]]])
    northing = float(matrix[1, 0] * width / 2 + matrix[1, 1] * height / 2 + matrix[1, 3])
    if not np.isfinite(steps).all() or not math.isfinite(northing) or np.linalg.det(steps) == 0:
        raise ValueError("no transform")
    return steps, northing


def _keys(tags: Mapping[int, Any]) -> dict[int, float]:
    """The directory's keys with one number each."""
    entries = np.array(tags.get(DIRECTORY, ()), np.int64)
    found = {}
    for key, tag, count, value in entries[4 : len(entries) // 4 * 4].reshape(-1, 4).tolist():
        if tag == 0:
            found[key] = float(value)
        elif tag == DOUBLES and count == 1:
            doubles = np.atleast_1d(tags[DOUBLES])
            found[key] = float(doubles[value])
    return found


def _metres_a_radian(latitude: float) -> Float64[np.ndarray, "2"]:
    """Along the meridian and along the parallel of WGS84 at a latitude in radians."""
    square = FLATTENING * (2 - FLATTENING)
    share = 1 - square * math.sin(latitude) ** 2
    normal = EQUATOR_M / math.sqrt(share)
    return np.array([normal * (1 - square) / share, normal * math.cos(latitude)])


def _made(ground_m: Float64[np.ndarray, "2 2"], notes: tuple[str, ...]) -> Pixel:
    return Pixel(1000 * ground_m[:, 0], 1000 * ground_m[:, 1], notes)
