"""Cracks of a map of confidence: how long, how wide and in which direction each of them runs."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from jaxtyping import Bool, Float, Float32, Float64, Integer, UInt8
from scipy import ndimage
from skimage.morphology import remove_small_holes

from crackpipe.measures.geometry import bridging, centreline, parts, photometric, profiles, shrinking
from crackpipe.measures.geometry.centreline import Branch
from crackpipe.measures.geometry.crack import (
    Crack,
    GeometrySettings,
    direction,
    enlarged,
    is_elongated,
    may_be_thin,
    moved,
    width_by,
)
from crackpipe.measures.geometry.widths import smoothed, summarised

HOLE_PX = 12  # larger holes are none of the crack
TRIM = 1.5  # half widths at a free end where the skeleton may turn to a corner; the end is continued straight instead
MIN_TANGENT = 5  # points at least that give the direction of an end
MARGIN_PX = 8.0  # of the search for the edge beyond an end
AT_JUNCTION = 1.2  # half widths around a junction where lines run into each other
MEAN_PX = 5  # points that a geometric width is the mean of
AROUND_PX = 24  # pixels around a crack that its widths and ends look at, at most


def find(
    confidence: UInt8[np.ndarray, "h w"] | Float[np.ndarray, "h w"] | Bool[np.ndarray, "h w"],
    settings: GeometrySettings,
    *,
    grey: UInt8[np.ndarray, "_h _w"] | None = None,
) -> list[Crack]:
    """Find the cracks of a map, from its first row on.

    A crack is what is left of the map at ``settings.level`` after gaps have been bridged. Its centre-line is the
    skeleton, without spurs and smoothed; at free ends it goes on to the crack's edge. Its geometric width is measured
    perpendicular to the centre-line at every point, in parts of a pixel. Where cracks are very wide this is done on a
    smaller map, see :mod:`crackpipe.measures.geometry.shrinking`.

    Args:
        confidence: 0–255 as whole numbers, or 0–1 as floats or booleans.
        settings: what counts as a crack.
        grey: levels of the photograph, 0–255, of the same size; with them widths are measured by darkness, too.

    Raises:
        ValueError: the map is not of two dimensions, or not finite, or the photograph has another size.
    """
    _check(confidence, grey)
    scale = 255 if confidence.dtype == np.uint8 else 1
    level = settings.level * scale
    mask = confidence >= level
    certain = confidence >= settings.certain * scale if settings.certain > settings.level else None
    found = []
    for part in parts.split(
        mask,
        certain=certain,
        gap_px=settings.gap_px,
        least_px=settings.min_length_px / np.sqrt(2),  # no line of pixels is longer than its diagonal steps
        margin_px=AROUND_PX + round(settings.gap_px),
    ):
        levels = confidence[part.rows, part.cols].astype(np.float32)
        dark = None if grey is None else grey[part.rows, part.cols].astype(np.float32)
        times = shrinking.times(part.mask)
        if times > 1:
            cracks = _of_shrunk(part.mask, levels, level, settings, times)
        else:
            cracks = _of_part(part.mask, levels, level, dark, settings)
        found += [moved(crack, row=part.rows.start, col=part.cols.start) for crack in cracks]
    long = [crack for crack in found if is_elongated(crack, settings, mask.shape)]
    return sorted(long, key=lambda crack: crack.box)


def _check(confidence: np.ndarray, grey: np.ndarray | None) -> None:
    if confidence.ndim != 2 or not (confidence.dtype == np.uint8 or np.isfinite(confidence).all()):
        raise ValueError(
            f"confidence: got shape {confidence.shape}; expected rows and columns of finite numbers, 0–255 as whole "
            "numbers or 0–1 as floats"
        )
    if grey is not None and grey.shape != confidence.shape:
        raise ValueError(f"grey: got {grey.shape} rows and columns; expected the map's {confidence.shape}")


def _of_part(
    mask: Bool[np.ndarray, "h w"],
    levels: Float32[np.ndarray, "h w"],
    level: float,
    dark: Float32[np.ndarray, "h w"] | None,
    settings: GeometrySettings,
) -> list[Crack]:
    """Cracks of a part of a map, in its own coordinates."""
    whole = remove_small_holes(mask, max_size=HOLE_PX)  # else a line runs around each
    numbers = bridging.join(whole, gap_px=settings.gap_px)
    traced = centreline.trace(numbers)
    lines: dict[int, list[Branch]] = {}
    for branch, number in zip(traced.branches, traced.crack, strict=True):
        lines.setdefault(number, []).append(_to_edges(branch, levels, level))
    junctions = numbers[tuple(np.rint(traced.junctions).astype(int).T)]
    found = []
    for number, box in enumerate(ndimage.find_objects(numbers), start=1):
        own, at = lines.get(number) or [_dot(box)], junctions == number
        if sum(branch.length() for branch in own) < settings.min_length_px:
            continue
        counted = [_counted(branch, traced.junctions[at], traced.junction_radius[at]) for branch in own]
        pixels = np.argwhere((numbers[box] == number) & mask[box]) + np.array([box[0].start, box[1].start])
        known = {"pixels": pixels, "meets": int(at.sum()), "box": box}
        found.append(_measured(own, counted, levels, level, dark, settings, **known))
    return found


def _of_shrunk(
    mask: Bool[np.ndarray, "h w"],
    levels: Float32[np.ndarray, "h w"],
    level: float,
    settings: GeometrySettings,
    times: int,
) -> list[Crack]:
    """Cracks of a part that is wide, measured on a smaller map; none of them is thin enough for its darkness."""
    small = shrinking.shrunk(levels, times)
    inside = (shrinking.shrunk(mask.astype(np.float32), times) >= 0.5) & (small >= level)
    smaller = replace(settings, gap_px=settings.gap_px / times, min_length_px=settings.min_length_px / times)
    cracks = _of_part(inside, small, level, None, smaller)
    owner = shrinking.owners(mask, [crack.pixels for crack in cracks], times)
    return [enlarged(crack, times, np.argwhere(owner == number)) for number, crack in enumerate(cracks, start=1)]


def _dot(box: tuple[slice, slice]) -> Branch:
    """The centre-line of a speck whose skeleton is one pixel: from edge to edge along its longer side."""
    rows, cols = box
    middle = np.array([(rows.start + rows.stop - 1) / 2, (cols.start + cols.stop - 1) / 2])
    height, width = rows.stop - rows.start, cols.stop - cols.start
    half = np.array([height, 0] if height > width else [0, width]) / 2
    return Branch(np.stack([middle - half, middle, middle + half]), np.full(3, 0.5), (True, True), closed=False)


def _to_edges(branch: Branch, levels: Float32[np.ndarray, "h w"], level: float) -> Branch:
    """Continue the free ends of a centre-line straight to the crack's edge, in place of their last turns."""
    points, radius = branch.points, branch.radius
    half = float(np.median(radius))
    trim = TRIM * half
    along = np.append(0, np.cumsum(np.linalg.norm(np.diff(points, axis=0), axis=1)))
    if along[-1] > 2 * sum(branch.free) * trim:
        kept = (along >= trim * branch.free[0]) & (along <= along[-1] - trim * branch.free[1])
        points, radius = points[kept], radius[kept]
    if len(points) < 2:
        return branch
    behind = min(len(points) - 1, max(MIN_TANGENT, round(2 * half)))
    limit = trim + 4 * half + MARGIN_PX
    if branch.free[0]:
        ahead = _ahead(points[0], points[behind], levels, level, limit)[::-1]
        points, radius = np.concatenate([ahead, points]), np.append(np.repeat(radius[0], len(ahead)), radius)
    if branch.free[1]:
        ahead = _ahead(points[-1], points[-1 - behind], levels, level, limit)
        points, radius = np.concatenate([points, ahead]), np.append(radius, np.repeat(radius[-1], len(ahead)))
    return replace(branch, points=points, radius=radius)


def _ahead(
    last: Float64[np.ndarray, "2"],
    before: Float64[np.ndarray, "2"],
    levels: Float32[np.ndarray, "h w"],
    level: float,
    limit_px: float,
) -> Float64[np.ndarray, "m 2"]:
    """Points about a pixel apart from the last one of a line to the crack's edge."""
    direction = (last - before) / max(float(np.linalg.norm(last - before)), 1e-12)
    reach = profiles.reach_of_end(last, direction, levels, level=level, limit_px=limit_px)
    steps = np.linspace(0, reach, max(2, round(reach) + 1))[1:]
    return last + steps[:, None] * direction


def _counted(
    branch: Branch, junctions: Float64[np.ndarray, "j 2"], junction_radius: Float64[np.ndarray, "j"]
) -> Bool[np.ndarray, "n"]:
    """Points that have a width: not the very ends, where a profile runs along the edge, and not those at junctions."""
    counted = np.ones(len(branch.points), bool)
    counted[[index for index, free in ((0, branch.free[0]), (-1, branch.free[1])) if free]] = False
    reach = AT_JUNCTION * junction_radius[:, None] + 1  # a net of cracks has thousands of junctions, a branch a few
    lowest, highest = branch.points.min(axis=0), branch.points.max(axis=0)
    near = ((junctions > lowest - reach) & (junctions < highest + reach)).all(axis=1)
    for at, radius in zip(junctions[near], junction_radius[near], strict=True):
        counted &= np.linalg.norm(branch.points - at, axis=1) >= AT_JUNCTION * radius + 1
    return counted


def _measured(
    own: Sequence[Branch],
    counted: Sequence[Bool[np.ndarray, "_n"]],
    levels: Float32[np.ndarray, "h w"],
    level: float,
    grey: Float32[np.ndarray, "h w"] | None,
    settings: GeometrySettings,
    *,
    pixels: Integer[np.ndarray, "_p 2"],
    meets: int,
    box: tuple[slice, slice],
) -> Crack:
    length = sum(branch.length() for branch in own)
    lines = [branch.points for branch in own]
    orientation, coherence = direction(lines)
    across = [profiles.sides(branch, levels, level=level).sum(axis=0) for branch in own]
    along = [
        smoothed(np.where(points, width, np.nan), over_px=MEAN_PX)
        for points, width in zip(counted, across, strict=True)
    ]
    geometric = summarised(lines, along, otherwise=len(pixels) / max(length, 1.0))
    by_darkness = None
    if grey is not None and may_be_thin(geometric, thin_px=settings.thin_px):
        solid = [points & np.isfinite(width) for points, width in zip(counted, across, strict=True)]
        dark = photometric.widths(own, solid, grey, reflectance=settings.reflectance)
        by_darkness = summarised(lines, dark, otherwise=np.nan)
    return Crack(
        lines=lines,
        length_px=length,
        pixels=pixels,
        area_px=len(pixels),
        branch_points=meets,
        end_points=sum(sum(branch.free) for branch in own),
        orientation_deg=orientation,
        coherence=coherence,
        geometric=geometric,
        photometric=by_darkness,
        width_by=width_by(geometric, by_darkness, thin_px=settings.thin_px),
        box=(box[0].start, box[1].start, box[0].stop, box[1].stop),
    )
