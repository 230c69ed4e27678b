"""Corners of a marker to a few hundredths of a pixel: lines along its four edges, and where they meet.

OpenCV's refinements pull the corners inwards by 0.1 to 0.5 px, which is 1 % of a marker of 40 px.
"""

import numpy as np
from jaxtyping import Float64, UInt8
from scipy import ndimage

from crackpipe.imaging import markers
from crackpipe.imaging.markers import Marker

Line = tuple[Float64[np.ndarray, "2"], Float64[np.ndarray, "2"]]  # a point, and a direction of length 1

ROUNDS = 2  # the first begins half a pixel too far inside, where profiles of a small marker do not reach the light
CELLS = 9  # of a side, at most: seven and the border
REACH = 0.4  # of a cell, to either side of an edge
MOST_PX = 8.0  # of that reach
POINTS = 40  # along an edge
ENDS = 0.12  # of an edge that are left out at either end: corners are round
STEP_PX = 0.25  # along a profile
CONTRAST = 20  # levels between black square and white border
FOUND = 0.7  # share of an edge's points that must show it
OFF_PX = 1.5  # a point so far from its edge's line belongs to something else


def straightened(marker: Marker, grey: UInt8[np.ndarray, "h w"]) -> Marker | None:
    """The marker with its corners where its edges meet; ``None`` where it has not four straight edges.

    Args:
        marker: corners to about a pixel.
        grey: the photograph that it was found in.
    """
    corners = marker.corners
    for _round in range(ROUNDS):
        lines = _lines(grey, corners, reach=_reach(marker))
        if lines is None:
            return None
        corners = np.stack([_meet(lines[number - 1], lines[number]) for number in range(4)])
    if np.abs(corners - marker.corners).max() > MOST_PX:
        return None
    return markers.Marker(marker.dictionary, marker.number, corners)


def _reach(marker: Marker) -> float:
    return float(np.clip(REACH * marker.side_px / CELLS, 1.5, MOST_PX))


def _lines(grey: UInt8[np.ndarray, "h w"], corners: Float64[np.ndarray, "4 2"], *, reach: float) -> list[Line] | None:
    """The lines of the four edges, each from its corner to the next; ``None`` where one is missing."""
    found = []
    for start, end in zip(corners, np.roll(corners, -1, axis=0), strict=True):
        line = _line(grey, start, end, corners.mean(axis=0), reach=reach)
        if line is None:
            return None
        found.append(line)
    return found


def _line(
    grey: UInt8[np.ndarray, "h w"],
    start: Float64[np.ndarray, "2"],
    end: Float64[np.ndarray, "2"],
    centre: Float64[np.ndarray, "2"],
    *,
    reach: float,
) -> Line | None:
    """A point on the edge from ``start`` to ``end`` and its direction; ``None`` where there is none."""
    along = (end - start) / np.linalg.norm(end - start)
    outwards = np.array([-along[1], along[0]])
    outwards *= np.sign(outwards @ (start - centre))
    share = np.linspace(ENDS, 1 - ENDS, POINTS)[:, None]
    points = start + share * (end - start)
    distance = np.arange(-reach, reach + STEP_PX / 2, STEP_PX)
    samples = points[:, None] + distance[:, None] * outwards
    levels = ndimage.map_coordinates(grey, samples.reshape(-1, 2).T, np.float64, order=1, mode="nearest")
    at = _crossing(levels.reshape(POINTS, -1), distance)
    seen = np.isfinite(at)
    if seen.mean() < FOUND:
        return None
    edge = (points + at[:, None] * outwards)[seen]
    middle, direction = _fitted(edge)
    off = np.abs((edge - middle) @ np.array([-direction[1], direction[0]]))
    near = off <= max(OFF_PX, 2 * float(np.median(off)))
    return None if near.mean() < FOUND else _fitted(edge[near])


def _crossing(levels: Float64[np.ndarray, "n m"], distance: Float64[np.ndarray, "m"]) -> Float64[np.ndarray, "n"]:
    """Where each profile, from black inside to white outside, passes the level halfway; NaN without contrast."""
    inside, outside = levels[:, :2].mean(axis=1), levels[:, -2:].mean(axis=1)
    half = (inside + outside) / 2
    first = np.maximum((levels >= half[:, None]).argmax(axis=1), 1)
    rows = np.arange(len(levels))
    below, above = levels[rows, first - 1], levels[rows, first]
    share = (half - below) / np.maximum(above - below, 1e-9)
    return np.where(outside - inside >= CONTRAST, distance[first - 1] + STEP_PX * share, np.nan)


def _fitted(points: Float64[np.ndarray, "n 2"]) -> Line:
    """Mean and direction of a cloud of points: the line with the least squared distances."""
    middle = points.mean(axis=0)
    return middle, np.linalg.svd(points - middle, full_matrices=False)[2][0]


def _meet(one: Line, other: Line) -> Float64[np.ndarray, "2"]:
    step = np.linalg.solve(np.stack([one[1], -other[1]], axis=1), other[0] - one[0])
    met: Float64[np.ndarray, 2] = one[0] + step[0] * one[1]
    return met
