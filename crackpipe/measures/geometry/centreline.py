"""Centre-lines of a mask: its skeleton (scikit-image) as a graph (skan), without spurs, smoothed to curves."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float32, Float64, Integer, UInt8
from scipy import ndimage
from skimage.morphology import skeletonize

from crackpipe.imaging import images

SPUR = 1.5  # half widths up to which a branch that ends is a spur: the corner of a square end is √2 away
ROUNDS = 4  # of removing spurs: what is left may show others
SMOOTH_PX, SMOOTH_SHARE = 2.0, 0.25  # standard deviation of the smoothing: pixels, and share of the half width


@dataclass(frozen=True, slots=True)
class Branch:
    """A curve between two nodes of the skeleton.

    Attributes:
        points: row and column of each point, about a pixel apart; pixel centres are whole numbers.
        radius: half width there, pixels: the distance from the mask's outside.
        free: whether its first and its last point are ends of the crack, not junctions.
        closed: whether it is a ring, whose last point is its first.
    """

    points: Float64[np.ndarray, "n 2"]
    radius: Float64[np.ndarray, "n"]
    free: tuple[bool, bool]
    closed: bool

    def length(self) -> float:
        """Length in pixels."""
        return float(np.linalg.norm(np.diff(self.points, axis=0), axis=1).sum())

    def normals(self) -> Float64[np.ndarray, "n 2"]:
        """Unit vectors across the curve at each point."""
        if self.closed:
            ring = self.points[:-1]
            steps = np.roll(ring, -1, axis=0) - np.roll(ring, 1, axis=0)
            steps = np.concatenate([steps, steps[:1]])
        else:
            steps = np.gradient(self.points, axis=0)
        forward = steps / np.maximum(np.linalg.norm(steps, axis=1, keepdims=True), 1e-12)
        return np.stack([-forward[:, 1], forward[:, 0]], axis=1)


@dataclass(frozen=True, slots=True)
class CentreLine:
    """Centre-lines of all cracks of a mask.

    Attributes:
        branches: curves with at least two points.
        crack: of each branch, the number of its crack.
        junctions: row and column of each point where branches meet.
        junction_radius: half width of the crack there.
    """

    branches: list[Branch]
    crack: list[int]
    junctions: Float64[np.ndarray, "j 2"]
    junction_radius: Float64[np.ndarray, "j"]


def trace(cracks: Integer[np.ndarray, "h w"]) -> CentreLine:
    """Trace the centre-lines of numbered cracks; a crack whose skeleton is a single pixel has none.

    Args:
        cracks: numbers from 1 on, 0 where there is none; two cracks do not touch.
    """
    mask = np.pad(cracks > 0, 1)
    away = images.exact_distance_inside(np.pad(cracks > 0, 1, mode="edge"))
    radius = np.minimum(away, np.hypot(*mask.shape)) - 0.5  # a map without any outside has no distance from it
    graph = _without_spurs(_thin(mask), radius)
    meeting, count = ndimage.label(graph.degree > 2, np.ones((3, 3), bool))
    pixels = np.argwhere(meeting)
    number = meeting[tuple(pixels.T)]
    sums = np.stack([np.bincount(number, weights=axis, minlength=count + 1)[1:] for axis in pixels.T], axis=1)
    at = sums / np.bincount(number, minlength=count + 1)[1:, None]
    wide = np.zeros(count + 1)
    np.maximum.at(wide, number, radius[tuple(pixels.T)])
    found = list(_branches(graph, radius, meeting, at))
    owner = [int(cracks[row - 1, col - 1]) for _, (row, col) in found]
    branches = [branch for branch, _ in found]
    return CentreLine(branches, owner, at - 1, wide[1:])


def _thin(mask: Bool[np.ndarray, "h w"]) -> Bool[np.ndarray, "h w"]:
    """The skeleton by Lee et al. (1994): Zhang and Suen's loses bars at 45° as a whole."""
    return np.asarray(skeletonize(mask, method="lee") > 0)


@dataclass(frozen=True, slots=True)
class _Graph:
    """A skeleton as paths between nodes, each a sequence of pixels."""

    skeleton: Bool[np.ndarray, "h w"]
    degree: UInt8[np.ndarray, "h w"]  # neighbours of each pixel of the skeleton
    paths: list[Integer[np.ndarray, "_n 2"]]
    lengths: Float64[np.ndarray, "p"]


def _graph(skeleton: Bool[np.ndarray, "h w"]) -> _Graph:
    degree = _degree(skeleton)
    if not degree.any():  # specks of one pixel each
        return _Graph(skeleton, degree, [], np.zeros(0))
    import skan

    traced = skan.Skeleton(skeleton)
    paths = [traced.path_coordinates(i).astype(int) for i in range(traced.n_paths)]
    return _Graph(skeleton, degree, paths, np.asarray(traced.path_lengths()))


def _degree(skeleton: Bool[np.ndarray, "h w"]) -> UInt8[np.ndarray, "h w"]:
    """Number of the eight neighbours of each pixel of a skeleton that are of it; 0 elsewhere."""
    pixels = skeleton.astype(np.uint8)
    three = pixels.copy()
    three[1:] += pixels[:-1]
    three[:-1] += pixels[1:]
    nine = three.copy()
    nine[:, 1:] += three[:, :-1]
    nine[:, :-1] += three[:, 1:]
    return np.where(skeleton, nine - np.uint8(1), np.uint8(0))


def _without_spurs(skeleton: Bool[np.ndarray, "h w"], radius: Float64[np.ndarray, "h w"]) -> _Graph:
    """Remove branches that lead from a junction to an end and are not longer than the crack is wide there."""
    graph = _graph(skeleton)
    for _ in range(ROUNDS):
        spurs = _spurs(graph, radius)
        if not spurs:
            break
        skeleton = graph.skeleton.copy()
        for path in spurs:
            inner = path[graph.degree[tuple(path.T)] <= 2]
            skeleton[tuple(inner.T)] = False
        graph = _graph(_thin(skeleton))
    return graph


def _spurs(graph: _Graph, radius: Float64[np.ndarray, "h w"]) -> list[Integer[np.ndarray, "_n 2"]]:
    if not graph.paths:
        return []
    first, last = np.array([path[[0, -1]] for path in graph.paths]).transpose(1, 2, 0)
    half = np.maximum(radius[tuple(first)], radius[tuple(last)])
    leaf = (graph.degree[tuple(first)] == 1) != (graph.degree[tuple(last)] == 1)
    spur = leaf & (graph.lengths <= SPUR * half + 1)
    if not spur.any():
        return []
    pieces, _ = ndimage.label(graph.skeleton, np.ones((3, 3), bool))
    spur &= ~_longest(pieces[tuple(first)], graph.lengths, spur)
    return [graph.paths[i] for i in np.flatnonzero(spur)]


def _longest(
    component: Integer[np.ndarray, "n"], length: Float64[np.ndarray, "n"], spur: Bool[np.ndarray, "n"]
) -> Bool[np.ndarray, "n"]:
    """The two longest branches of components that are nothing but spurs: what is left of a blob."""
    kept = np.zeros(len(spur), bool)
    for number in np.unique(component):
        own = np.flatnonzero(component == number)
        if spur[own].all():
            kept[own[np.argsort(-length[own], kind="stable")[:2]]] = True
    return kept


def _branches(
    graph: _Graph,
    radius: Float64[np.ndarray, "h w"],
    meeting: Integer[np.ndarray, "h w"],
    at: Float64[np.ndarray, "j 2"],
) -> Iterator[tuple[Branch, tuple[int, int]]]:
    """Smoothed curves between nodes, and a pixel of each; those within a junction are left out, others meet there."""
    for path in graph.paths:
        numbers = meeting[tuple(path.T)]
        closed = bool((path[0] == path[-1]).all() and graph.degree[tuple(path[0])] == 2)
        if not closed and numbers[0] == numbers[-1] > 0 and (numbers > 0).all():
            continue
        points = path.astype(np.float64)
        for end, number in ((0, numbers[0]), (-1, numbers[-1])):
            if number and not closed:
                points[end] = at[number - 1]
        half = radius[tuple(path.T)]
        sigma = SMOOTH_PX + SMOOTH_SHARE * float(np.median(half))
        free = (not closed and not int(numbers[0]), not closed and not int(numbers[-1]))
        row, col = path[len(path) // 2].tolist()
        yield Branch(_smoothed(points, sigma=sigma, closed=closed) - 1, half, free, closed), (row, col)


def _smoothed(points: Float64[np.ndarray, "n 2"], *, sigma: float, closed: bool) -> Float64[np.ndarray, "n 2"]:
    """Points moved to the Gaussian mean of their neighbours along the curve; those at its ends stay."""
    if closed:
        ring = ndimage.gaussian_filter1d(points[:-1], sigma, axis=0, mode="wrap")
        return np.concatenate([ring, ring[:1]])
    pad = min(len(points) - 1, int(4 * sigma) + 1)
    before, after = 2 * points[0] - points[pad:0:-1], 2 * points[-1] - points[-2 : -pad - 2 : -1]
    padded = np.concatenate([before, points, after])
    return np.asarray(ndimage.gaussian_filter1d(padded, sigma, axis=0, mode="nearest")[pad : pad + len(points)])


def at_points(levels: Float32[np.ndarray, "h w"], points: Float64[np.ndarray, "*n 2"]) -> Float32[np.ndarray, "*n"]:
    """Levels at any points, linear between pixel centres; beyond the border those of the border.

    Args:
        levels: of a picture.
        points: row and column.
    """
    flat = points.reshape(-1, 2).T
    return np.asarray(
        ndimage.map_coordinates(levels, flat, output=np.float32, order=1, mode="nearest").reshape(points.shape[:-1])
    )
