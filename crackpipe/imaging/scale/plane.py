"""Homographies from pixels to millimetres in a plane: fitted to four corners, applied, and how sharply they are known.

A homography here takes (row, column, 1) to (down, across, 1), in millimetres, up to a factor that is positive in front
of the camera.
"""

import numpy as np
from jaxtyping import Float, Float64

Homography = Float64[np.ndarray, "3 3"]


def homography(corners: Float[np.ndarray, "4 2"], plane_mm: Float[np.ndarray, "4 2"]) -> Homography:
    """The homography that takes four pixel points, of which no three are in line, to four points of the plane."""
    middle, spread = corners.mean(axis=0), float(np.abs(corners - corners.mean(axis=0)).max())
    rows = []
    for (row, col), (down, across) in zip((corners - middle) / spread, plane_mm, strict=True):
        rows.append([row, col, 1, 0, 0, 0, -down * row, -down * col])
        rows.append([0, 0, 0, row, col, 1, -across * row, -across * col])
    found = np.append(np.linalg.solve(np.array(rows), plane_mm.astype(np.float64).ravel()), 1.0).reshape(3, 3)
    centred: Homography = found @ np.array([[1, 0, -middle[0]], [0, 1, -middle[1]], [0, 0, spread]]) / spread
    return centred


def affine(down_mm: Float[np.ndarray, "2"], across_mm: Float[np.ndarray, "2"]) -> Homography:
    """The homography of a plane that is seen from straight above, with pixels of any shape.

    Args:
        down_mm, across_mm: what a step of one row, and of one column, is in the plane.
    """
    found = np.eye(3)
    found[:2, 0], found[:2, 1] = down_mm, across_mm
    return found


def mapped(plane: Homography, points: Float[np.ndarray, "n 2"]) -> Float64[np.ndarray, "n 2"]:
    """Points of the plane, mm, at pixel points (row, column); NaN at and beyond the plane's horizon."""
    ahead = np.column_stack([points, np.ones(len(points))]) @ plane.T
    depth = np.where(ahead[:, 2:] > 0, ahead[:, 2:], np.nan)
    return ahead[:, :2] / depth


def mm_per_px(plane: Homography, points: Float[np.ndarray, "n 2"]) -> Float64[np.ndarray, "n"]:
    """Scale at pixel points: the side of a square of the area that a pixel has there; NaN at and beyond the horizon."""
    depth = np.column_stack([points, np.ones(len(points))]) @ plane[2]
    return np.sqrt(abs(np.linalg.det(plane)) / np.where(depth > 0, depth, np.nan) ** 3)


def spread(
    corners: Float[np.ndarray, "4 2"],
    plane_mm: Float[np.ndarray, "4 2"],
    points: Float[np.ndarray, "n 2"],
    *,
    corner_px: float,
) -> Float64[np.ndarray, "n"]:
    """Standard error of the scale at pixel points, as a share of it, by the errors of the corners; NaN as the scale.

    Args:
        corners, plane_mm: that the homography is fitted to.
        points: pixels.
        corner_px: standard error of each coordinate of each corner.
    """
    scale = mm_per_px(homography(corners, plane_mm), points)
    moved = np.tile(corners.astype(np.float64), (8, 1, 1))
    moved.reshape(8, 8)[np.arange(8), np.arange(8)] += corner_px
    changed = np.stack([mm_per_px(homography(one, plane_mm), points) for one in moved])
    return np.asarray(np.sqrt(((changed / scale - 1) ** 2).sum(axis=0)))
