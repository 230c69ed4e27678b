"""A crack that is too large to be measured at once: measured in rectangles, of each what lies in it, put together."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float64

from crackpipe.measures.geometry.crack import Crack, GeometrySettings, direction, width_by
from crackpipe.measures.geometry.widths import summarised

Along = list[Float64[np.ndarray, "_n"]]
BORDER_PX = 0.47  # before a pixel's centre: at 0.5 rounding would choose the side of the middle of a diagonal step
MEETING_DIGITS = 3  # to which the ends of lines that meet agree, pixels


@dataclass(frozen=True, slots=True)
class Portion:
    """What lies of a crack in a rectangle.

    Attributes:
        lines: pieces of its centre-lines; two rectangles side by side share the point where a line crosses over.
        geometric, photometric: widths at each point of each line; the latter ``None`` without a photograph.
        area_px, branch_points, end_points: as of :class:`Crack`, in the rectangle.
    """

    lines: list[Float64[np.ndarray, "_n 2"]]
    geometric: Along
    photometric: Along | None
    area_px: int
    branch_points: int
    end_points: int


def portion(crack: Crack, rows: slice, cols: slice) -> Portion:
    """Cut a crack to a rectangle of pixels.

    The crack has to be measured beyond the rectangle: its free ends outside do not count, and a step of a line belongs
    to the rectangle that holds the step's middle, so that lengths of all rectangles add up.
    """
    lines: list[np.ndarray] = []
    geometric: Along = []
    photometric: Along = []
    for number, line in enumerate(crack.lines):
        for run in _runs(_within((line[1:] + line[:-1]) / 2, rows, cols)):
            lines.append(line[run])
            geometric.append(crack.geometric.along[number][run])
            if crack.photometric is not None:
                photometric.append(crack.photometric.along[number][run])
    ends, times = _ends(crack)
    within = _within(ends, rows, cols)
    return Portion(
        lines,
        geometric,
        None if crack.photometric is None else photometric,
        int(_within(crack.pixels.astype(np.float64), rows, cols).sum()),
        branch_points=int((within & (times > 1)).sum()),
        end_points=int((within & (times == 1)).sum()),
    )


def joined(portions: Sequence[Portion], settings: GeometrySettings, *, box: tuple[int, int, int, int]) -> Crack:
    """Put a crack together of its portions, at least one of which has a line.

    Args:
        portions: of rectangles that do not overlap.
        settings: that they were measured with.
        box: of the crack.
    """
    lines = [line for one in portions for line in one.lines]
    length = sum(float(np.linalg.norm(np.diff(line, axis=0), axis=1).sum()) for line in lines)
    area = sum(one.area_px for one in portions)
    geometric = summarised(
        lines, [widths for one in portions for widths in one.geometric], otherwise=area / max(length, 1.0)
    )
    dark = [widths for one in portions for widths in _by_darkness(one)]
    unlit = all(one.photometric is None for one in portions)
    by_darkness = None if unlit else summarised(lines, dark, otherwise=np.nan)
    orientation, coherence = direction(lines)
    return Crack(
        lines=lines,
        length_px=length,
        pixels=np.zeros((0, 2), np.int64),
        area_px=area,
        branch_points=sum(one.branch_points for one in portions),
        end_points=sum(one.end_points for one in portions),
        orientation_deg=orientation,
        coherence=coherence,
        geometric=geometric,
        photometric=by_darkness,
        width_by=width_by(geometric, by_darkness, thin_px=settings.thin_px),
        box=box,
    )


def _by_darkness(part: Portion) -> Along:
    """Widths by darkness; NaN where others alone have some, for wide cracks are measured without."""
    if part.photometric is not None:
        return part.photometric
    return [np.full(len(line), np.nan) for line in part.lines]


def _within(points: Float64[np.ndarray, "n 2"], rows: slice, cols: slice) -> Bool[np.ndarray, "n"]:
    """Whether points lie on a rectangle's pixels, whose centres are whole numbers."""
    first = np.array([rows.start, cols.start]) - BORDER_PX
    last = np.array([rows.stop, cols.stop]) - BORDER_PX
    return np.asarray(((points >= first) & (points < last)).all(axis=1))


def _runs(steps: Bool[np.ndarray, "n"]) -> list[slice]:
    """Points of the unbroken runs of True steps."""
    turns = np.flatnonzero(np.diff(np.concatenate([[False], steps, [False]]).astype(np.int8)))
    return [slice(first, last + 1) for first, last in turns.reshape(-1, 2).tolist()]


def _ends(crack: Crack) -> tuple[Float64[np.ndarray, "m 2"], np.ndarray]:
    """Ends of a crack's lines, and how many lines end there; rings have none."""
    open_lines = [line for line in crack.lines if np.linalg.norm(line[0] - line[-1]) > 10.0**-MEETING_DIGITS]
    ends = np.array([line[end] for line in open_lines for end in (0, -1)], np.float64).reshape(-1, 2)
    return np.unique(np.round(ends, MEETING_DIGITS), axis=0, return_counts=True)
