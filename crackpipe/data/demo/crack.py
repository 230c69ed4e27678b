"""Cracks as strokes: single, branching, map cracking, closed loops, and steps along a brick wall's joints."""

from types import MappingProxyType

import numpy as np
from jaxtyping import Float64

from crackpipe.data.demo.surface import Bond
from crackpipe.imaging.strokes import Stroke, roughen

SPACING_PX = 3.5
Points = Float64[np.ndarray, "n 2"]


def single(rng: np.random.Generator, *, side_px: int, width_px: float) -> list[Stroke]:
    """One rough crack through the middle part of the photograph, ``width_px`` wide on average."""
    centre = rng.uniform(0.3, 0.7, 2) * side_px
    angle = rng.uniform(0, np.pi)
    along = np.array([np.sin(angle), np.cos(angle)])
    before, after = rng.uniform(0.3, 0.8, 2) * side_px
    ends = np.stack([centre - before * along, centre, centre + after * along])
    return [_opened(ends, rng=rng, width_px=width_px, roughness=rng.uniform(0.09, 0.19))]


def branching(rng: np.random.Generator, *, side_px: int, width_px: float) -> list[Stroke]:
    """A single crack with two to four thinner branches, some of which fork again."""
    cracks = single(rng, side_px=side_px, width_px=width_px)
    for number in range(int(rng.integers(2, 5))):
        # the first branches leave the trunk inside the frame, the later ones may fork from a branch
        trunk = cracks[0] if number < 2 else cracks[int(rng.integers(len(cracks)))]
        at = int(rng.integers(len(trunk.points) // 3, max(2 * len(trunk.points) // 3, len(trunk.points) // 3 + 1)))
        run = trunk.points[min(at + 4, len(trunk.points) - 1)] - trunk.points[max(at - 4, 0)]
        angle = np.arctan2(run[0], run[1]) + rng.choice([-1, 1]) * rng.uniform(0.4, 1.1)
        length = rng.uniform(0.15, 0.45) * side_px
        end = trunk.points[at] + length * np.array([np.sin(angle), np.cos(angle)])
        thin = max(1.0, 0.65 * float(trunk.widths_px[at]))
        cracks.append(_opened(np.stack([trunk.points[at], end]), rng=rng, width_px=thin, roughness=0.14))
    return cracks


def mapped(rng: np.random.Generator, *, side_px: int, width_px: float) -> list[Stroke]:
    """Map (alligator) cracking: the borders of jittered cells within a blob, some of them missing."""
    from scipy.spatial import Voronoi

    cells = int(rng.integers(5, 8))
    grid = np.stack(np.meshgrid(np.arange(-1, cells + 1), np.arange(-1, cells + 1), indexing="ij"), -1).reshape(-1, 2)
    seeds = (grid + 0.5 + rng.uniform(-0.38, 0.38, grid.shape)) * (side_px / cells)
    diagram = Voronoi(seeds)
    centre, radius = rng.uniform(0.4, 0.6, 2) * side_px, rng.uniform(0.32, 0.6) * side_px
    stretch = rng.uniform(0.7, 1.4)
    cracks = []
    for first, last in np.sort(np.asarray(diagram.ridge_vertices), axis=1):
        keep, factor = rng.random() > 0.12, rng.uniform(0.6, 1.15)
        if first < 0 or not keep:
            continue
        ends = diagram.vertices[[first, last]]
        off = (ends.mean(axis=0) - centre) * [stretch, 1 / stretch]
        if np.hypot(*off) > radius or np.hypot(*(ends[0] - ends[1])) < 1:
            continue
        path = roughen(ends, rng=rng, roughness=0.11, spacing_px=SPACING_PX)
        cracks.append(Stroke(path, _widths(len(path), rng=rng, width_px=max(1.0, factor * width_px))))
    return cracks


def loop(rng: np.random.Generator, *, side_px: int, width_px: float) -> list[Stroke]:
    """A closed crack, as around a loose patch, with a tail that runs away from it."""
    centre, radius = rng.uniform(0.38, 0.62, 2) * side_px, rng.uniform(0.15, 0.28) * side_px
    turn = np.linspace(0, 2 * np.pi, 13)[:-1] + rng.uniform(-0.12, 0.12, 12)
    reach = radius * (1 + 0.25 * np.sin(2 * turn + rng.uniform(0, 6)) + rng.uniform(-0.12, 0.12, 12))
    ring = centre + np.stack([reach * np.sin(turn), reach * np.cos(turn)], axis=1)
    path = roughen(np.concatenate([ring, ring[:1]]), rng=rng, roughness=0.13, spacing_px=SPACING_PX)
    widths = _widths(len(path), rng=rng, width_px=width_px)
    widths[-1] = widths[0]
    away = ring[0] + (ring[0] - centre) * rng.uniform(1.0, 2.5)
    tail = _opened(np.stack([ring[0], away]), rng=rng, width_px=max(1.0, 0.8 * width_px), roughness=0.14)
    return [Stroke(path, widths), tail]


def stepped(rng: np.random.Generator, *, side_px: int, width_px: float, bond: Bond) -> list[Stroke]:
    """A crack that descends a brick wall in steps along its bed and head joints, now and then through a brick."""
    direction = int(rng.choice([-1, 1]))
    course = int(rng.integers(0, 2))
    rows = int(np.ceil((side_px - bond.row0_px) / bond.course_px)) + 1
    begin = (rng.uniform(0.05, 0.3) if direction > 0 else rng.uniform(0.7, 0.95)) * side_px
    # head joints of course k lie at col0 + (n − shift·(k mod 2)) · unit
    joint = round((begin - bond.col0_px) / bond.unit_px + (course % 2) * bond.shift)
    col = bond.col0_px + (joint - (course % 2) * bond.shift) * bond.unit_px
    corners = [(bond.row0_px + course * bond.course_px, col)]
    for below in range(course, rows):
        corners.append((bond.row0_px + (below + 1) * bond.course_px, col))
        col += direction * bond.unit_px * bond.shift
        if rng.random() > 0.15:  # else it cuts aslant through the next brick
            corners.append((bond.row0_px + (below + 1) * bond.course_px, col))
    last = int(rng.integers(min(7, len(corners) - 1), len(corners) + 1))
    return [_opened(np.array(corners[:last]), rng=rng, width_px=width_px, roughness=0.05)]


def width_px(cracks: list[Stroke], *, side_px: int) -> float:
    """Greatest drawn width inside the frame, pixels; 0 where there is no crack."""
    inside = [stroke.widths_px[_framed(stroke.points, side_px)] for stroke in cracks]
    return float(max((widths.max() for widths in inside if len(widths)), default=0.0))


def length_px(cracks: list[Stroke], *, side_px: int) -> float:
    """Length of all cracks inside the frame, pixels."""
    total = 0.0
    for crack in cracks:
        step = np.diff(crack.points, axis=0)
        total += float(np.hypot(step[:, 0], step[:, 1])[_framed(crack.points, side_px)[:-1]].sum())
    return total


def _framed(points: Points, side_px: int) -> np.ndarray:
    return np.all((points >= 0) & (points <= side_px - 1), axis=1)


def _opened(ends: Points, *, rng: np.random.Generator, width_px: float, roughness: float) -> Stroke:
    """A rough path through ``ends`` that narrows towards its last point."""
    path = roughen(ends, rng=rng, roughness=roughness, spacing_px=SPACING_PX)
    taper = np.clip((len(path) - 1 - np.arange(len(path))) / max(0.25 * len(path), 1), 0, 1)
    widths = _widths(len(path), rng=rng, width_px=width_px)
    return Stroke(path, np.minimum(widths, np.maximum(1.0, widths * (0.3 + 0.7 * taper))))


def _widths(count: int, *, rng: np.random.Generator, width_px: float) -> Float64[np.ndarray, "count"]:
    """Widths along a path: ``width_px`` times a smooth factor of about 0.6–1.5, held within 1–8 px."""
    nodes = rng.normal(0, 0.22, max(count // 8, 2) + 1)
    factor = np.exp(np.interp(np.linspace(0, len(nodes) - 1, count), np.arange(len(nodes)), nodes))
    return np.clip(width_px * factor, 1.0, 8.0)


TOPOLOGIES = MappingProxyType({"branching": branching, "loop": loop, "map": mapped, "single": single})
"""Those that any surface can have; each takes a generator, ``side_px`` and ``width_px``."""
