"""Strokes: exact coverage of hand-drawn lines."""

from itertools import pairwise

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from crackpipe.compute.seeds import generator
from crackpipe.imaging.strokes import FAR_PX, Stroke, coverage, depth, dots, roughen


def _level(row: float, *, width_px: float) -> Stroke:
    return Stroke(np.array([[row, 2.0], [row, 6.0]]), np.array([width_px, width_px]))


def test_one_pixel_line_covers_its_own_row_only() -> None:
    inside = depth([_level(4.0, width_px=1.0)], side_px=9)
    expected = np.zeros((9, 9), bool)
    expected[4, 2:7] = True
    # coverage is half at the round caps, half a pixel beyond either end
    assert np.array_equal(inside >= 0.25, expected)
    assert coverage(inside)[4, 4] == 1
    assert coverage(inside)[3, 4] == 0


def test_line_between_two_rows_covers_both_by_half() -> None:
    inside = depth([_level(4.5, width_px=1.0)], side_px=9)
    assert coverage(inside)[4, 4] == coverage(inside)[5, 4] == 0.5


def test_depth_is_the_distance_to_the_border_of_a_disk() -> None:
    inside = depth(dots(np.array([[10.0, 8.0]]), np.array([6.0])), side_px=20)
    row, col = np.mgrid[:20, :20]
    assert np.allclose(inside, np.maximum(3 - np.hypot(row - 10, col - 8), FAR_PX), atol=1e-5)


def test_width_grows_linearly_along_a_segment() -> None:
    wedge = Stroke(np.array([[10.0, 0.0], [10.0, 20.0]]), np.array([2.0, 6.0]))
    inside = depth([wedge], side_px=21)
    assert [int((inside[:, col] >= 0).sum()) for col in (0, 10, 20)] == [3, 5, 7]


def test_strokes_outside_the_frame_leave_no_trace() -> None:
    assert (depth([_level(-30.0, width_px=3.0)], side_px=9) == FAR_PX).all()
    assert (depth([], side_px=9) == FAR_PX).all()


@settings(max_examples=30)
@given(st.lists(st.tuples(st.floats(-5, 20), st.floats(-5, 20)), min_size=2, max_size=5), st.floats(1, 8))
def test_depth_equals_a_point_by_point_reference(corners: list[tuple[float, float]], width_px: float) -> None:
    points = np.array(corners)
    inside = depth([Stroke(points, np.full(len(points), width_px))], side_px=16)
    dense = np.concatenate([a + np.linspace(0, 1, 400)[:, None] * (b - a) for a, b in pairwise(points)])
    row, col = np.mgrid[:16, :16]
    gap = np.hypot(row[..., None] - dense[:, 0], col[..., None] - dense[:, 1]).min(axis=2)
    assert np.allclose(inside, np.maximum(width_px / 2 - gap, FAR_PX), atol=0.06)


def test_roughened_path_keeps_its_corners_and_has_short_segments() -> None:
    corners = np.array([[0.0, 0.0], [30.0, 40.0], [60.0, 0.0]])
    path = roughen(corners, rng=generator(1), roughness=0.15, spacing_px=3.0)
    assert np.hypot(*np.diff(path, axis=0).T).max() <= 3.0
    assert np.array_equal(path[[0, -1]], corners[[0, -1]])
    assert (path == corners[1]).all(axis=1).any()
    assert np.array_equal(corners, [[0.0, 0.0], [30.0, 40.0], [60.0, 0.0]])


def test_path_without_roughness_stays_straight() -> None:
    path = roughen(np.array([[0.0, 0.0], [0.0, 32.0]]), rng=generator(1), roughness=0.0, spacing_px=2.0)
    assert np.array_equal(path, np.stack([np.zeros(17), np.arange(0, 33, 2)], axis=1))
