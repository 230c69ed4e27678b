"""A crack and its measures, and what counts as one."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
from jaxtyping import Float64, Integer

from crackpipe.measures.geometry.widths import Widths

WidthBy = Literal["geometric", "photometric"]

TOO_WIDE = 2.0  # widths that are told by darkness: cracks twice as wide have no width of that kind


@dataclass(frozen=True, slots=True)
class GeometrySettings:
    """What counts as a crack, and how its width is told.

    Attributes:
        level: confidence from which on a pixel is crack, in (0, 1].
        certain: pieces that nowhere reach this confidence are none (hysteresis); at most ``level``: all are.
        gap_px: pieces with no more between them are one crack.
        min_length_px: shorter cracks are left out.
        min_elongation: cracks that are not so many times longer than their greatest width are left out, as stains
            and pores are none, but for those that go on beyond the border; 0 leaves none out.
        reflectance: share of the surface's light that the inside of a crack reflects, in [0, 1): of cracks too thin to
            show it; see :mod:`crackpipe.measures.geometry.photometric`.
        thin_px: cracks of a smaller photometric width are told by it: masks are wider than hairlines.
    """

    level: float = 0.5
    certain: float = 0.0
    gap_px: float = 0.0
    min_length_px: float = 0.0
    min_elongation: float = 0.0
    reflectance: float = 0.2
    thin_px: float = 4.0


@dataclass(frozen=True, slots=True)
class Crack:
    """A crack and its measures; lengths in pixels, points as row and column, pixel centres at whole numbers.

    Attributes:
        lines: its centre-lines, from node to node.
        length_px: of all lines together.
        pixels: row and column of each pixel that is crack; none of a crack that was joined of portions.
        area_px: number of pixels that are crack.
        branch_points: points where lines meet.
        end_points: free ends of lines.
        orientation_deg: axis of the lines, weighted by length, in [0, 180): 0 runs along a row, 90 along a column, 45
            rises to the right.
        coherence: how much of the length follows that axis, in [0, 1]: 1 a straight line, 0 no direction at all.
        geometric: width perpendicular to the centre-line, from edge to edge.
        photometric: width by the darkness across the crack; ``None`` without a photograph, and on cracks that are
            ``TOO_WIDE`` times wider than those that are told by it.
        width_by: which of both tells how wide the crack is: ``geometric`` or ``photometric``.
        box: first row and column, and those after the last.
    """

    lines: list[Float64[np.ndarray, "_n 2"]]
    length_px: float
    pixels: Integer[np.ndarray, "_p 2"]
    area_px: int
    branch_points: int
    end_points: int
    orientation_deg: float
    coherence: float
    geometric: Widths
    photometric: Widths | None
    width_by: WidthBy
    box: tuple[int, int, int, int]

    @property
    def width(self) -> Widths:
        """The widths that ``width_by`` names."""
        return self.photometric if self.width_by == "photometric" and self.photometric else self.geometric


def moved(crack: Crack, *, row: int, col: int) -> Crack:
    """A crack of a part of a map whose first pixel is that row and column, in the coordinates of the whole."""
    offset = np.array([row, col], np.float64)

    def widths(own: Widths) -> Widths:
        return replace(own, at=(own.at[0] + row, own.at[1] + col))

    top, left, bottom, right = crack.box
    return replace(
        crack,
        lines=[line + offset for line in crack.lines],
        pixels=crack.pixels + np.array([row, col]),
        geometric=widths(crack.geometric),
        photometric=None if crack.photometric is None else widths(crack.photometric),
        box=(top + row, left + col, bottom + row, right + col),
    )


def enlarged(crack: Crack, times: int, pixels: Integer[np.ndarray, "_p 2"]) -> Crack:
    """A crack of a map that is so many times smaller, in pixels of the large one.

    Args:
        crack: without widths by darkness.
        times: how many times smaller its map is.
        pixels: row and column of each of its pixels on the large map.
    """
    middle = (times - 1) / 2
    widths = crack.geometric
    at = (times * widths.at[0] + middle, times * widths.at[1] + middle)
    told = {name: times * getattr(widths, name) for name in ("mean", "median", "p95", "largest")}
    (top, left), (bottom, right) = pixels.min(axis=0).tolist(), (pixels.max(axis=0) + 1).tolist()
    return replace(
        crack,
        lines=[times * line + middle for line in crack.lines],
        length_px=times * crack.length_px,
        pixels=pixels,
        area_px=len(pixels),
        geometric=Widths(along=[times * width for width in widths.along], at=at, **told),
        box=(top, left, bottom, right),
    )


def is_elongated(crack: Crack, settings: GeometrySettings, shape: tuple[int, ...]) -> bool:
    """Whether a crack is long for its width, or reaches the border; see :class:`GeometrySettings`.

    Args:
        crack: of a map.
        settings: what counts as a crack.
        shape: rows and columns of the map.
    """
    top, left, bottom, right = crack.box
    inside = top > 0 and left > 0 and bottom < shape[0] and right < shape[1]
    return not inside or crack.length_px >= settings.min_elongation * crack.geometric.largest


def width_by(geometric: Widths, by_darkness: Widths | None, *, thin_px: float) -> WidthBy:
    """Which of both widths tells how wide a crack is; see :class:`GeometrySettings`."""
    if by_darkness is None or not may_be_thin(geometric, thin_px=thin_px):
        return "geometric"
    return "photometric" if np.isfinite(by_darkness.mean) and by_darkness.median < thin_px else "geometric"


def may_be_thin(geometric: Widths, *, thin_px: float) -> bool:
    """Whether a crack's mask is narrow enough for its darkness to tell a width."""
    return geometric.median < TOO_WIDE * thin_px


def direction(lines: Sequence[Float64[np.ndarray, "_n 2"]]) -> tuple[float, float]:
    """Axis of some lines in degrees, and how much of the length follows it: the mean of doubled angles."""
    steps = np.concatenate([np.diff(line, axis=0) for line in lines])
    length = np.linalg.norm(steps, axis=1)
    doubled = 2 * np.arctan2(-steps[:, 0], steps[:, 1])
    x, y = float((length * np.cos(doubled)).sum()), float((length * np.sin(doubled)).sum())
    return float(np.degrees(np.arctan2(y, x)) / 2 % 180), float(np.hypot(x, y) / max(length.sum(), 1e-12))
