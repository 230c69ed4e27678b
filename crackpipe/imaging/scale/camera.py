"""Scale from the camera's distance: what a pixel of its sensor is on a surface that lies square to it."""

import math

from crackpipe.imaging.scale.exif import Exif

FILM_DIAGONAL_MM = math.hypot(36, 24)  # CIPA DCG-001: focal lengths compared with 35 mm film compare diagonals
SENSOR_MM = (2.0, 70.0)  # long side, from phones to medium format: other figures are the camera's mistake
SAME = 0.01  # relative difference of two shapes of a picture that is still the same
DISAGREE = 0.05


def mm_per_px(exif: Exif, *, distance_m: float, height: int, width: int) -> tuple[float | None, tuple[str, ...]]:
    """Side of a pixel on a surface at a distance, mm, and notes; ``None`` where the tags do not suffice.

    ``distance · sensor's width / (focal length · width in pixels)``: sensor and picture are compared by their long
    sides, as a rotation changes neither. The sensor comes from FocalPlaneXResolution, else from FocalLengthIn35mmFilm
    by the diagonal (on 4:3 a width would give 4 % more).

    Args:
        exif: of the photograph.
        distance_m: from the lens to the surface.
        height, width: of the picture as it is measured, pixels.
    """
    resized, notes = _resized(exif, height=height, width=width)
    by_sensor = None
    if exif.focal_mm and exif.sensor_px_per_mm:
        long_mm = (exif.long_px or max(height, width)) / exif.sensor_px_per_mm
        if SENSOR_MM[0] <= long_mm <= SENSOR_MM[1]:
            by_sensor = 1 / (exif.focal_mm * exif.sensor_px_per_mm)
        else:
            notes += (f"EXIF: its FocalPlaneXResolution makes the sensor {long_mm:.3g} mm wide, and is not used",)
    by_film = None
    if exif.focal_35mm:
        diagonal_px = math.hypot(exif.long_px or height, exif.short_px or width)
        by_film = FILM_DIAGONAL_MM / (exif.focal_35mm * diagonal_px)
    share = by_sensor or by_film
    if share is None:
        lacks = "FocalLength with FocalPlaneXResolution, or FocalLengthIn35mmFilm"
        return None, (*notes, f"the distance gives no scale: the photograph's EXIF has no usable {lacks}")
    if by_sensor and by_film and max(by_sensor, by_film) > (1 + DISAGREE) * min(by_sensor, by_film):
        notes += (
            f"EXIF: FocalLengthIn35mmFilm would make a pixel {by_film / by_sensor:.3g} times as large as "
            "FocalPlaneXResolution, which is used",
        )
    if exif.digital_zoom > 1:
        notes += (
            f"EXIF: a digital zoom of {exif.digital_zoom:.3g}; cameras differ in whether their focal length has it",
        )
    return 1000 * distance_m * share * resized, notes


def _resized(exif: Exif, *, height: int, width: int) -> tuple[float, tuple[str, ...]]:
    """How many of the camera's pixels a pixel is wide, and notes."""
    if not exif.long_px or not exif.short_px:
        return 1.0, ("EXIF tells no size of the camera's picture; the scale holds if nobody has resized or cut it",)
    long_px, short_px = max(height, width), min(height, width)
    ratio = exif.long_px / long_px
    if ratio == 1 and short_px == exif.short_px:
        return 1.0, ()
    camera = f"{exif.long_px:.0f}×{exif.short_px:.0f}"
    # a resized side is rounded to whole pixels
    if abs(exif.short_px / short_px / ratio - 1) <= SAME + 0.5 / short_px:
        return ratio, (
            f"resized from the camera's {camera} to {long_px}×{short_px} pixels, which the scale allows for",
        )
    return 1.0, (
        f"cut from the camera's {camera} to {long_px}×{short_px} pixels; the scale holds if it was not resized",
    )
