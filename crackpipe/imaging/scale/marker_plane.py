"""Scale by a marker of known side: of one size where it is seen from the front, else in perspective; its doubts."""

import math
from collections.abc import Sequence

import numpy as np
from jaxtyping import Float64

from crackpipe.imaging import images, markers
from crackpipe.imaging.images import Rgb
from crackpipe.imaging.markers import Marker
from crackpipe.imaging.scale import edges, plane
from crackpipe.imaging.scale.record import Scale

CORNER_PX = 0.1  # standard error of a corner's row and column: 0.05 in a drawn photograph, and paper is not flat
FLAT_PX = 0.3  # so far, on the average, are corners from a square that is taken as seen from the front
SURE_DEG = 10.0  # a tilt that shall not stay unseen
VARIES = 0.05  # of the scale over the picture, or between two markers: worth a note


def scale(image: Rgb, *, marker_mm: float) -> Scale:
    """Scale in the plane of the largest marker; without one its ``mm_per_px`` is ``None``, and a note tells.

    Args:
        image: RGB, 0–255.
        marker_mm: side of the black square; all markers in the picture have it.
    """
    grey = images.to_grey(image)
    found = [one for one in (edges.straightened(seen, grey) for seen in markers.find(image)) if one is not None]
    if not found:
        return Scale(
            None, "none", notes=("marker: none was found; it needs a light border and sides of 20 px or more",)
        )
    height, width = grey.shape
    best, others = found[0], found[1:]
    mm_per_px, off_px = _square(best, marker_mm=marker_mm)
    if off_px < FLAT_PX:
        flat = Scale(mm_per_px, best.name, notes=_doubts_of_flat(best, height=height, width=width))
        return Scale(mm_per_px, best.name, notes=flat.notes + _disagreeing(flat, others, marker_mm=marker_mm))
    return _tilted(best, others, marker_mm=marker_mm, height=height, width=width)


def _tilted(best: Marker, others: Sequence[Marker], *, marker_mm: float, height: int, width: int) -> Scale:
    """Scale in the plane of a marker that is seen at an angle."""
    square = _square_mm(marker_mm)
    found = plane.homography(best.corners, square)
    centre = np.array([[(height - 1) / 2, (width - 1) / 2]])
    ends = np.array([[row, col] for row in (0, height - 1) for col in (0, width - 1)], np.float64)
    at_centre, at_marker = plane.mm_per_px(found, np.concatenate([centre, best.corners.mean(axis=0)[None]]))
    over = plane.mm_per_px(found, np.concatenate([ends, centre]))
    notes = []
    if np.isnan(over).any():
        notes.append("the plane of the marker ends in the picture at its horizon; beyond it nothing is measured")
    least, most = float(np.nanmin(np.append(over, at_marker))), float(np.nanmax(np.append(over, at_marker)))
    if most > (1 + VARIES) * least:
        error = float(
            np.nanmax(plane.spread(best.corners, square, np.concatenate([ends, best.corners]), corner_px=CORNER_PX))
        )
        notes.append(
            f"seen at an angle: the scale goes from {least:.3g} to {most:.3g} mm per pixel over the picture, and "
            f"lengths and widths are measured in the plane of the marker; farthest from it they are known to "
            f"±{max(1.0, 100 * error):.0f} %, beside it better"
        )
    middle = float(at_marker if math.isnan(at_centre) else at_centre)
    scale = Scale(middle, best.name, found, tuple(notes))
    return Scale(middle, best.name, found, scale.notes + _disagreeing(scale, others, marker_mm=marker_mm))


def _square_mm(marker_mm: float) -> Float64[np.ndarray, "4 2"]:
    return marker_mm * np.array([[0.0, 0.0], [0.0, 1.0], [1.0, 1.0], [1.0, 0.0]])


def _square(marker: Marker, *, marker_mm: float) -> tuple[float, float]:
    """Scale of the square that fits the corners best, and their root mean square distance from it in pixels.

    Least squares over turns and sizes, in complex numbers.
    """
    seen, true = (points[:, 0] + 1j * points[:, 1] for points in (marker.corners, _square_mm(marker_mm)))
    seen, true = seen - seen.mean(), true - true.mean()
    factor = np.vdot(true, seen) / np.vdot(true, true)
    return float(1 / abs(factor)), float(np.sqrt(np.mean(np.abs(seen - factor * true) ** 2)))


def _doubts_of_flat(marker: Marker, *, height: int, width: int) -> tuple[str, ...]:
    """Notes on a marker that is seen from the front, as far as its size lets that be told."""
    # a square shortened to a share c of one side is off the best square by side · (1 − c) / √8
    unseen = math.degrees(math.acos(max(-1.0, 1 - math.sqrt(8) * FLAT_PX / marker.side_px)))
    if unseen <= SURE_DEG:
        return ()
    return (
        f"the marker is {marker.side_px:.0f} px wide in a picture of {width}×{height}: seen as square, but a tilt of "
        f"less than {unseen:.0f}° would not show; a larger one, or one nearer, would be surer",
    )


def _disagreeing(scale: Scale, others: Sequence[Marker], *, marker_mm: float) -> tuple[str, ...]:
    """A note for each further marker whose sides, measured by the scale, are others."""
    notes = []
    for other in others:
        corners = scale.mm(other.corners)
        side = float(np.linalg.norm(corners - np.roll(corners, -1, axis=0), axis=1).mean())
        if not abs(side / marker_mm - 1) <= VARIES:
            notes.append(
                f"{other.name} measures {side:.3g} mm by {scale.source}, not {marker_mm:g}: it has another size or "
                "lies in another plane"
            )
    return tuple(notes)
