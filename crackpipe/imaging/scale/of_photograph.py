"""Which of all that tells a photograph's scale is taken, and whether it agrees."""

from dataclasses import replace

import numpy as np

from crackpipe.imaging.images import Rgb
from crackpipe.imaging.scale import camera, exif, geotiff, marker_plane, plane
from crackpipe.imaging.scale.record import Scale
from crackpipe.imaging.scale.sources import ScaleSources

AGREE = 0.05  # relative difference of two scales that is worth no note
SQUARE = 1e-3  # relative difference of a pixel from a square that nobody measures


def scale_of(photo: str, data: bytes, rgb: Rgb, sources: ScaleSources) -> Scale:
    """Scale of a photograph, of the first that there is of these:

    1. its row in the table: somebody has measured this very photograph;
    2. a marker in the picture, the one witness of this photograph's own distance and angle;
    3. ``mm_per_px``, said of all photographs together;
    4. the transform of a GeoTIFF;
    5. the distance with the camera's focal length and sensor: distances are rough, and sensors' figures may be wrong.

    Where two differ by more than 5 % a note tells all of them.

    Args:
        photo: its name, by which the table knows it.
        data: the encoded picture.
        rgb: its pixels, 0–255, as they are measured: with the EXIF rotation applied.
        sources: what the user says.
    """
    height, width = rgb.shape[:2]
    candidates = [_table_row(photo, sources)]
    if sources.marker_mm is not None:
        candidates.append(marker_plane.scale(rgb, marker_mm=sources.marker_mm))
    candidates.append(Scale(sources.mm_per_px, "mm per pixel as given"))
    candidates.append(_of_pixel(geotiff.pixel(data)))
    if sources.distance_m is not None:
        found, notes = camera.mm_per_px(exif.read(data), distance_m=sources.distance_m, height=height, width=width)
        candidates.append(Scale(found, f"{sources.distance_m:g} m and the camera's EXIF", notes=notes))
    return _first(candidates)


def scale_of_map(photo: str, pixel: geotiff.Pixel, sources: ScaleSources) -> Scale:
    """Scale of a map, such as an orthomosaic: its row in the table, ``mm_per_px``, or its transform.

    Markers are not looked for, and a camera's distance says nothing of a map.

    Args:
        photo: its name, by which the table knows it.
        pixel: of its transform.
        sources: what the user says.
    """
    return _first([_table_row(photo, sources), Scale(sources.mm_per_px, "mm per pixel as given"), _of_pixel(pixel)])


def _first(candidates: list[Scale]) -> Scale:
    known = [one for one in candidates if one.mm_per_px is not None]
    taken = known[0] if known else Scale(None, "none")
    # what is not there is told too; the doubts of a scale that is there but not taken are of no use
    missing = tuple(note for one in candidates if one.mm_per_px is None for note in one.notes)
    return replace(taken, notes=(*taken.notes, *missing, *_disagreement(known)))


def _table_row(photo: str, sources: ScaleSources) -> Scale:
    found = sources.of_table(photo)
    without = sources.table is not None and found is None
    return Scale(found, "table of scales", notes=("the table of scales has no row for it",) if without else ())


def _of_pixel(pixel: geotiff.Pixel) -> Scale:
    """Scale of a GeoTIFF; its pixels need not be squares."""
    if pixel.down_mm is None or pixel.across_mm is None:
        return Scale(None, "GeoTIFF", notes=pixel.notes)
    ground = plane.affine(pixel.down_mm, pixel.across_mm)
    mm_per_px = float(plane.mm_per_px(ground, np.zeros((1, 2)))[0])
    down, across = (float(np.linalg.norm(step)) for step in (pixel.down_mm, pixel.across_mm))
    skew = float(pixel.down_mm @ pixel.across_mm) / (down * across)
    if abs(down / across - 1) < SQUARE and abs(skew) < SQUARE:
        return Scale(mm_per_px, "GeoTIFF", notes=pixel.notes)
    note = f"GeoTIFF: a pixel is {down:.4g} mm down and {across:.4g} mm across, and lengths are measured so"
    return Scale(mm_per_px, "GeoTIFF", ground, (*pixel.notes, note))


def _disagreement(known: list[Scale]) -> tuple[str, ...]:
    values = [one.mm_per_px for one in known if one.mm_per_px is not None]
    if len(values) < 2 or max(values) <= (1 + AGREE) * min(values):
        return ()
    told = ", ".join(f"{one.mm_per_px:.4g} ({one.source})" for one in known)
    apart = 100 * (max(values) / min(values) - 1)
    return (f"scales differ by {apart:.0f} %, mm per pixel: {told}; the first is taken",)
