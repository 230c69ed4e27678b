"""Profiles across a crack: levels on lines perpendicular to its centre-line, and how wide the crack is on them."""

import numpy as np
from jaxtyping import Float32, Float64

from crackpipe.measures.geometry import centreline
from crackpipe.measures.geometry.centreline import Branch

STEP_PX = 0.25  # between the points of a profile
MARGIN_PX = 3.0  # of a profile beyond the crack's half width
FAR = 1.5  # half widths that a profile reaches: the nearest edge is not always the one that the normal meets


def sides(branch: Branch, levels: Float32[np.ndarray, "h w"], *, level: float) -> Float64[np.ndarray, "2 n"]:
    """Distance of either edge from each point of a centre-line, perpendicular to it, pixels.

    The edge is where levels fall below ``level``, found linearly between samples. Points that lie below it themselves,
    as on bridges, and those whose edge is beyond the profile have NaN.

    Args:
        branch: a centre-line.
        levels: confidence, in the units of ``level``.
        level: at least so much is crack.
    """
    normal = branch.normals()
    reach = FAR * float(branch.radius.max()) + MARGIN_PX
    distance = np.arange(0, reach + STEP_PX, STEP_PX)
    return np.stack([_first_below(branch, side * normal, distance, levels, level) for side in (-1, 1)])


def _first_below(
    branch: Branch,
    normal: Float64[np.ndarray, "n 2"],
    distance: Float64[np.ndarray, "m"],
    levels: Float32[np.ndarray, "h w"],
    level: float,
) -> Float64[np.ndarray, "n"]:
    values = centreline.at_points(levels, branch.points[:, None] + distance[:, None] * normal[:, None])
    below = values < level
    first = below.argmax(axis=1)
    rows = np.arange(len(first))
    inside = values[rows, np.maximum(first - 1, 0)].astype(np.float64)
    outside = values[rows, first].astype(np.float64)
    share = (inside - level) / np.maximum(inside - outside, 1e-9)
    found = below.any(axis=1) & (first > 0)
    return np.where(found, distance[np.maximum(first - 1, 0)] + STEP_PX * share, np.nan)


def reach_of_end(
    point: Float64[np.ndarray, "2"],
    direction: Float64[np.ndarray, "2"],
    levels: Float32[np.ndarray, "h w"],
    *,
    level: float,
    limit_px: float,
) -> float:
    """How far a crack goes on from a point in a direction, up to its edge or the picture's border, pixels.

    Args:
        point: row and column, on the crack.
        direction: of length 1.
        levels, level: as for :func:`sides`.
        limit_px: no further than this.
    """
    distance = np.arange(0, limit_px + STEP_PX, STEP_PX)
    points = point + distance[:, None] * direction
    height, width = levels.shape
    inside = ((points >= -0.5) & (points <= [height - 0.5, width - 0.5])).all(axis=1)
    values = np.where(inside, centreline.at_points(levels, points), -np.inf)
    below = values < level
    if not below.any():
        return float(limit_px)
    first = int(below.argmax())
    if first == 0:
        return 0.0
    if not inside[first]:
        return _to_border(point, direction, height=height, width=width)
    share = (values[first - 1] - level) / max(values[first - 1] - values[first], 1e-9)
    return float(distance[first - 1] + STEP_PX * share)


def _to_border(
    point: Float64[np.ndarray, "2"], direction: Float64[np.ndarray, "2"], *, height: int, width: int
) -> float:
    """Distance of the picture's border, half a pixel beyond the outermost pixel centres."""
    far = np.array([height - 0.5, width - 0.5])
    with np.errstate(divide="ignore", invalid="ignore"):
        steps = np.where(direction > 0, (far - point) / direction, (-0.5 - point) / direction)
    return float(np.nanmin(np.where(direction == 0, np.inf, steps)))
