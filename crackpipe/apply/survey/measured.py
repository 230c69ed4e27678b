"""Rows of the table of cracks: pixels, and millimetres where the scale is known."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from jaxtyping import Float64, UInt8

from crackpipe.imaging.scale import Scale
from crackpipe.measures.geometry import Crack, Widths

LINE_PX = 0.5  # no point of a centre-line is further from what is kept of it
DIGITS = 3


def rows(cracks: Sequence[Crack], levels: UInt8[np.ndarray, "h w"], *, scale: Scale) -> list[dict[str, Any]]:
    """Describe the cracks of a photograph.

    Args:
        cracks: in the order of their numbers, from 1.
        levels: confidence, 0–255.
        scale: of the photograph.
    """
    return [
        {"crack": number, **described(crack, confidence(crack.lines, levels), scale=scale)}
        for number, crack in enumerate(cracks, start=1)
    ]


def described(crack: Crack, confidence: float, *, scale: Scale) -> dict[str, Any]:
    """Describe one crack, without its number.

    Args:
        crack: to describe.
        confidence: along its lines, 0–1.
        scale: of the photograph.
    """
    return {**_pixels(crack, confidence), **_millimetres(crack, scale), "lines": _lines(crack)}


def confidence(lines: Sequence[Float64[np.ndarray, "_n 2"]], levels: UInt8[np.ndarray, "h w"]) -> float:
    """Mean confidence along some lines, 0–1."""
    points = np.rint(np.concatenate(lines)).astype(int).clip(0, np.array(levels.shape) - 1)
    return float(levels[tuple(points.T)].mean()) / 255


def _pixels(crack: Crack, confidence: float) -> dict[str, Any]:
    values = {
        **dict(zip(("row_px", "col_px"), crack.width.at, strict=True)),
        **dict(zip(("top_px", "left_px", "bottom_px", "right_px"), crack.box, strict=True)),
        "length_px": crack.length_px,
        **_widths(crack.width, "width", "px"),
        "geometric_median_px": crack.geometric.median,
        "geometric_max_px": crack.geometric.largest,
        "photometric_median_px": None if crack.photometric is None else crack.photometric.median,
        "photometric_max_px": None if crack.photometric is None else crack.photometric.largest,
        "width_by": crack.width_by,
        "orientation_deg": crack.orientation_deg,
        "coherence": crack.coherence,
        "branch_points": crack.branch_points,
        "end_points": crack.end_points,
        "area_px": crack.area_px,
        "confidence": confidence,
    }
    return {key: _plain(value) for key, value in values.items()}


def _widths(widths: Widths, name: str, unit: str) -> dict[str, float]:
    found = {"mean": widths.mean, "median": widths.median, "p95": widths.p95, "max": widths.largest}
    return {f"{name}_{key}_{unit}": value for key, value in found.items()}


def _millimetres(crack: Crack, scale: Scale) -> dict[str, Any]:
    """Lengths and widths in millimetres; nothing where the scale is not known."""
    if scale.mm_per_px is None:
        return {}
    lines = [scale.mm(line) for line in crack.lines]
    along, across = zip(*(_factors(scale, line) for line in crack.lines), strict=True)
    widths = crack.width
    known = np.concatenate([width * factor for width, factor in zip(widths.along, across, strict=True)])
    known = known[np.isfinite(known)]
    nearest = _nearest(np.concatenate(crack.lines), np.concatenate(across), widths.at)
    if len(known):
        told = {"mean": known.mean(), "median": np.median(known), "p95": np.percentile(known, 95)}
    else:
        told = {"mean": widths.mean * nearest, "median": widths.median * nearest, "p95": widths.p95 * nearest}
    values = {
        "length_mm": sum(float(np.linalg.norm(np.diff(line, axis=0), axis=1).sum()) for line in lines),
        **{f"width_{key}_mm": value for key, value in told.items()},
        "width_max_mm": widths.largest * nearest,
        "area_mm2": crack.area_px * float((np.concatenate(along) * np.concatenate(across)).mean()),
    }
    return {key: _plain(value) for key, value in values.items()}


def _factors(
    scale: Scale, line: Float64[np.ndarray, "n 2"]
) -> tuple[Float64[np.ndarray, "n"], Float64[np.ndarray, "n"]]:
    """Millimetres along and across a line for each pixel along and across it."""
    steps = np.gradient(line, axis=0)
    forward = steps / np.maximum(np.linalg.norm(steps, axis=1, keepdims=True), 1e-12)
    normals = np.stack([-forward[:, 1], forward[:, 0]], axis=1)
    pixel = np.ones(len(line))
    return scale.width_mm(line, forward, pixel), scale.width_mm(line, normals, pixel)


def _nearest(points: Float64[np.ndarray, "n 2"], factor: Float64[np.ndarray, "n"], at: tuple[float, float]) -> float:
    return float(factor[np.linalg.norm(points - np.array(at), axis=1).argmin()])


def _lines(crack: Crack) -> list[list[list[float]]]:
    """Centre-lines with as many points as they need, (row, column) to a tenth of a pixel."""
    from skimage.measure import approximate_polygon  # it imports scipy.signal, a second of a start with nothing to do

    return [np.round(approximate_polygon(line, tolerance=LINE_PX), 1).tolist() for line in crack.lines]


def _plain(value: Any) -> Any:
    """A number as JSON holds it: rounded, ``None`` where there is none."""
    if isinstance(value, float):
        return round(float(value), DIGITS) if np.isfinite(value) else None
    return value
