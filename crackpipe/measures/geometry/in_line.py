"""Cracks that go on in line with another: pieces of one crack, perhaps, whose gaps are wider than those bridged."""

from collections.abc import Sequence

import numpy as np
from jaxtyping import Float64, Int64
from scipy import sparse
from scipy.spatial import cKDTree

Lines = Sequence[Sequence[Sequence[float]] | Float64[np.ndarray, "_n 2"]]
"""Centre-lines of a crack, from node to node, each of points (row, column)."""

WIDER = 3.0  # than the gaps that are bridged: gaps that may be those of one crack, too
TURN_DEG = 30.0  # between the end of a line and the way across the gap, at most, on both sides
BEHIND_PX = 10.0  # of a line that give the direction of its end
SAME_PX = 1.5  # ends of lines of one crack that are nearer to each other meet there


def surplus(cracks: Sequence[Lines], *, reach_px: float) -> int:
    """How many cracks fewer there were if those in line with each other were one.

    Args:
        cracks: the lines of each crack of one photograph, pixels.
        reach_px: widest gap between the ends of two that are in line, 0 or more.

    Returns:
        0 … the number of cracks less 1.
    """
    if len(cracks) < 2:
        return 0
    found = [_free_ends(lines) for lines in cracks]
    points = np.concatenate([at for at, _ in found])
    ahead = np.concatenate([direction for _, direction in found])
    owner = np.repeat(np.arange(len(cracks)), [len(at) for at, _ in found])
    pairs = cKDTree(points).query_pairs(reach_px, output_type="ndarray")
    pairs = pairs[owner[pairs[:, 0]] != owner[pairs[:, 1]]]
    across = points[pairs[:, 1]] - points[pairs[:, 0]]
    across /= np.maximum(np.linalg.norm(across, axis=1, keepdims=True), 1e-12)
    least = np.cos(np.radians(TURN_DEG))
    leaves = (ahead[pairs[:, 0]] * across).sum(axis=1) >= least
    meets = (ahead[pairs[:, 1]] * -across).sum(axis=1) >= least
    return _joins(owner[pairs[leaves & meets]], len(cracks))


def _free_ends(crack: Lines) -> tuple[Float64[np.ndarray, "e 2"], Float64[np.ndarray, "e 2"]]:
    """Points where lines of a crack end without meeting another, and the directions in which they run on."""
    lines = [np.asarray(line, np.float64) for line in crack if len(line) > 1]
    if not lines:
        return np.zeros((0, 2)), np.zeros((0, 2))
    ends = np.concatenate([[line[0], line[-1]] for line in lines])
    directions = np.concatenate([[_leaving(line[::-1]), _leaving(line)] for line in lines])
    near = cKDTree(ends).query_ball_point(ends, SAME_PX, return_length=True)
    return ends[near == 1], directions[near == 1]


def _leaving(line: Float64[np.ndarray, "n 2"]) -> Float64[np.ndarray, "2"]:
    """Direction of length 1 in which a line runs at its last point."""
    away = np.linalg.norm(line - line[-1], axis=1)
    far = np.flatnonzero(away >= BEHIND_PX)
    step = line[-1] - line[far[-1] if len(far) else 0]
    return step / max(float(np.linalg.norm(step)), 1e-12)


def _joins(pairs: Int64[np.ndarray, "m 2"], count: int) -> int:
    graph = sparse.coo_matrix((np.ones(len(pairs)), tuple(pairs.T)), shape=(count, count))
    return count - int(sparse.csgraph.connected_components(graph, directed=False)[0])
