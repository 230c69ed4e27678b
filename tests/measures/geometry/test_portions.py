"""A crack measured in portions, against the same crack measured at once."""

import numpy as np
import pytest

from benchmarks.drawn_cracks import SIDE, bar, soft
from crackpipe.measures.geometry import Crack, GeometrySettings, find
from crackpipe.measures.geometry.portions import joined, portion

SETTINGS = GeometrySettings(min_length_px=0.0)
BEYOND = 60


def in_portions(levels: np.ndarray, side: int, grey: np.ndarray | None = None) -> Crack:
    """The crack of a map, of squares that are measured with what lies around them."""
    parts = []
    for top in range(0, SIDE, side):
        for left in range(0, SIDE, side):
            rows, cols = (slice(max(0, at - BEYOND), at + side + BEYOND) for at in (top, left))
            inner = [slice(at - seen.start, at - seen.start + side) for at, seen in ((top, rows), (left, cols))]
            dark = None if grey is None else grey[rows, cols]
            found = [portion(crack, *inner) for crack in find(levels[rows, cols], SETTINGS, grey=dark)]
            parts += found
    return joined(parts, SETTINGS, box=(0, 0, SIDE, SIDE))


@pytest.mark.parametrize("side", [100, 130, 200])
def test_a_crack_in_portions_measures_as_at_once(side: int) -> None:
    trunk = bar((40, 50), (350, 340), 9.0)
    levels = soft(np.minimum(trunk, bar((195, 195), (330, 60), 5.0)))
    (whole,) = find(levels, SETTINGS)
    parts = in_portions(levels, side)
    assert parts.length_px == pytest.approx(whole.length_px, rel=0.005)
    assert parts.area_px == whole.area_px
    assert parts.geometric.median == pytest.approx(whole.geometric.median, abs=0.05)
    assert parts.geometric.largest == pytest.approx(whole.geometric.largest, abs=0.1)
    assert parts.orientation_deg == pytest.approx(whole.orientation_deg, abs=1)
    assert (parts.branch_points, parts.end_points) == (whole.branch_points, whole.end_points) == (1, 3)


def test_widths_by_darkness_come_along() -> None:
    levels = soft(bar((200, 30), (200, 370), 3.0))
    grey = (200 - levels.astype(float) * 0.6).astype(np.uint8)
    (whole,) = find(levels, SETTINGS, grey=grey)
    parts = in_portions(levels, 100, grey)
    assert whole.photometric is not None
    assert parts.photometric is not None
    assert parts.width_by == whole.width_by == "photometric"
    assert parts.width.median == pytest.approx(whole.width.median, rel=0.03)


def test_a_step_across_a_border_belongs_to_one_side() -> None:
    (crack,) = find(soft(bar((200, 30), (200, 370), 5.0)), SETTINGS)
    left, right = (portion(crack, slice(0, SIDE), cols) for cols in (slice(0, 151), slice(151, SIDE)))
    lengths = [sum(np.linalg.norm(np.diff(line, axis=0), axis=1).sum() for line in one.lines) for one in (left, right)]
    assert sum(lengths) == pytest.approx(crack.length_px)
    assert lengths[0] == pytest.approx(150.5 - 30, abs=1)
    assert (left.end_points, right.end_points) == (1, 1)


def test_portions_measured_without_darkness_have_no_width_by_it() -> None:
    levels = soft(bar((200, 30), (200, 370), 3.0))
    grey = (200 - levels.astype(float) * 0.6).astype(np.uint8)
    left, right = slice(0, 200), slice(200, SIDE)
    (lit,), (unlit,) = find(levels, SETTINGS, grey=grey), find(levels, SETTINGS)
    crack = joined(
        [portion(lit, slice(0, SIDE), left), portion(unlit, slice(0, SIDE), right)], SETTINGS, box=(0, 0, SIDE, SIDE)
    )
    assert crack.photometric is not None
    assert [np.isfinite(widths).any() for widths in crack.photometric.along] == [True, False]
    assert crack.length_px == pytest.approx(lit.length_px)


def test_a_wide_crack_with_a_thin_end_is_told_by_its_edges_in_portions_too() -> None:
    wide = np.minimum(bar((30, 60), (370, 60), 14.0), bar((200, 60), (200, 150), 14.0))
    levels = soft(np.minimum(wide, bar((200, 145), (200, 385), 2.0)))
    grey = (200 - levels.astype(float) * 0.6).astype(np.uint8)
    (whole,) = find(levels, SETTINGS, grey=grey)
    parts = in_portions(levels, 100, grey)  # of squares that see the thin end alone
    assert parts.photometric is not None
    assert parts.width_by == whole.width_by == "geometric"
    assert parts.width.median == pytest.approx(14, abs=0.5)
