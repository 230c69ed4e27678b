"""Strokes: polylines of varying width, and the exact distance of every pixel to their borders."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float32, Float64

from crackpipe.imaging.noise import Field

FAR_PX = np.float32(-2.5)
"""Value of :func:`depth` further than 2.5 px outside every stroke."""


@dataclass(frozen=True, slots=True, eq=False)
class Stroke:
    """A polyline through ``points`` (row, col), pixels; its width runs linearly between ``widths_px``."""

    points: Float64[np.ndarray, "n 2"]
    widths_px: Float64[np.ndarray, "n"]


def depth(strokes: Sequence[Stroke], *, side_px: int) -> Field:
    """Distance of each pixel's centre to the nearest border of a stroke: positive inside, ``FAR_PX`` far outside.

    ``depth ≥ 0`` is the set of pixels that the strokes cover by half or more; :func:`coverage` gives the share.
    Segments should be short (:func:`roughen`): each is compared with the pixels of a square box around it.
    """
    field = np.full((side_px, side_px), FAR_PX, np.float32)
    if not strokes:
        return field
    start = np.concatenate([stroke.points[:-1] for stroke in strokes]).astype(np.float32)
    step = np.concatenate([np.diff(stroke.points, axis=0) for stroke in strokes]).astype(np.float32)
    width = np.concatenate([stroke.widths_px[:-1] for stroke in strokes]).astype(np.float32)
    growth = np.concatenate([np.diff(stroke.widths_px) for stroke in strokes]).astype(np.float32)
    reach = 0.5 * float(np.abs(width).max() + np.abs(growth).max()) - float(FAR_PX)
    near = _near_frame(start, start + step, side_px=side_px, margin_px=reach)
    start, step, width, growth = start[near], step[near], width[near], growth[near]
    if len(start) == 0:
        return field
    side = int(np.ceil(np.abs(step).max() + 2 * reach)) + 1
    corner = np.floor(np.minimum(start, start + step) - reach).astype(np.int64)
    box = np.arange(side)
    row = (corner[:, :1] + box)[:, :, None]
    col = (corner[:, 1:] + box)[:, None, :]
    d_row = row.astype(np.float32) - start[:, 0, None, None]
    d_col = col.astype(np.float32) - start[:, 1, None, None]
    s_row, s_col = step[:, 0, None, None], step[:, 1, None, None]
    squared = np.maximum(s_row**2 + s_col**2, np.float32(1e-12))  # a dot is a segment of length 0
    along = np.clip((d_row * s_row + d_col * s_col) / squared, 0, 1)
    gap = np.sqrt((d_row - along * s_row) ** 2 + (d_col - along * s_col) ** 2)
    inside = (width[:, None, None] + along * growth[:, None, None]) / 2 - gap
    drawn = (row >= 0) & (row < side_px) & (col >= 0) & (col < side_px) & (inside > FAR_PX)
    np.maximum.at(field.reshape(-1), (row * side_px + col)[drawn], inside[drawn])
    return field


def coverage(depth_px: Field) -> Field:
    """Share of each pixel that the strokes cover, 0–1, from :func:`depth`: antialiased, ≥ 0.5 where depth ≥ 0."""
    return np.clip(depth_px + np.float32(0.5), 0, 1)


def roughen(
    points: Float64[np.ndarray, "n 2"], *, rng: np.random.Generator, roughness: float, spacing_px: float
) -> Float64[np.ndarray, "m 2"]:
    """Refine a polyline by midpoint displacement until no segment is longer than ``spacing_px``.

    Each midpoint moves across its segment by ``roughness`` (standard deviation) times the segment's length, at every
    scale alike: the path of a crack is self-affine.

    Args:
        points: (n, 2) row and col, pixels.
        rng: draws the displacements.
        roughness: 0 leaves the line straight.
        spacing_px: longest segment of the result, above 0.
    """
    path = points
    while True:
        step = np.diff(path, axis=0)
        if np.hypot(step[:, 0], step[:, 1]).max() <= spacing_px:
            return path
        across = np.stack([-step[:, 1], step[:, 0]], axis=1)
        # beyond two deviations a path would fold back on itself
        shift = np.clip(rng.standard_normal((len(step), 1)), -2, 2) * roughness
        finer = np.empty((2 * len(path) - 1, 2))
        finer[::2] = path
        finer[1::2] = (path[:-1] + path[1:]) / 2 + across * shift
        path = finer


def dots(centres: Float64[np.ndarray, "n 2"], diameters_px: Float64[np.ndarray, "n"]) -> list[Stroke]:
    """Disks as strokes of length 0."""
    return [
        Stroke(np.stack([centre, centre]), np.array([size, size]))
        for centre, size in zip(centres, diameters_px, strict=True)
    ]


def _near_frame(
    start: Float32[np.ndarray, "n 2"], end: Float32[np.ndarray, "n 2"], *, side_px: int, margin_px: float
) -> np.ndarray:
    low, high = np.minimum(start, end) - margin_px, np.maximum(start, end) + margin_px
    return ((high >= 0) & (low <= side_px - 1)).all(axis=1)
