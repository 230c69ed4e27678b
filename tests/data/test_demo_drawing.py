"""Strokes, noise and crack shapes: exact coverage on hand-drawn lines."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import ndimage

from crackpipe.compute.seeds import generator
from crackpipe.data.demo import crack, surface
from crackpipe.imaging import noise
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


@pytest.mark.parametrize("topology", crack.TOPOLOGIES)
def test_every_topology_crosses_the_photograph_within_its_width(topology: str) -> None:
    for seed in range(5):
        strokes = crack.TOPOLOGIES[topology](generator(seed), side_px=128, width_px=2.0)
        mask = depth(strokes, side_px=128) >= 0
        assert mask.sum() > 60
        assert all((stroke.widths_px >= 1).all() and (stroke.widths_px <= 8).all() for stroke in strokes)


def test_loop_encloses_an_area() -> None:
    for seed in range(5):
        mask = depth(crack.loop(generator(seed), side_px=128, width_px=2.0), side_px=128) >= 0
        assert (ndimage.binary_fill_holes(mask) & ~mask).sum() > 300


def test_map_cracking_encloses_several_cells() -> None:
    mask = depth(crack.mapped(generator(0), side_px=256, width_px=2.0), side_px=256) >= 0
    assert ndimage.label(~mask)[1] >= 5


def test_branching_crack_is_one_piece() -> None:
    for seed in range(5):
        mask = depth(crack.branching(generator(seed), side_px=256, width_px=3.0), side_px=256) >= 0
        pieces, count = ndimage.label(mask, np.ones((3, 3)))
        # a branch that leaves the frame and comes back is cut off by the border only
        assert np.bincount(pieces.ravel())[1:].max() >= 0.8 * mask.sum(), count


def test_stepped_crack_follows_the_mortar() -> None:
    def bond() -> surface.Bond:
        return surface.brick_bond(generator(3, 0), generator(3, 1))

    strokes = crack.stepped(generator(5), side_px=256, width_px=1.5, bond=bond())
    points = strokes[0].points
    off_bed = (points[:, 0] - bond().row0_px) % bond().course_px
    off_head = (points[:, 1] - bond().col0_px) % (bond().unit_px / 2)
    near_bed = np.minimum(off_bed, bond().course_px - off_bed) < 4
    near_head = np.minimum(off_head, bond().unit_px / 2 - off_head) < 4
    assert (near_bed | near_head).mean() > 0.9  # the rest runs aslant through bricks


def test_measured_length_and_width_count_the_frame_only() -> None:
    strokes = [Stroke(np.array([[5.0, col] for col in range(-20, 41)], float), np.linspace(1, 7, 61))]
    assert crack.length_px(strokes, side_px=21) == pytest.approx(21.0, abs=1.0)
    assert crack.width_px(strokes, side_px=21) == pytest.approx(5.0)
    assert crack.width_px([], side_px=21) == crack.length_px([], side_px=21) == 0


@settings(max_examples=15)
@given(st.integers(0, 10**6), st.integers(64, 150), st.floats(2, 200))
def test_clouds_are_finite_and_of_the_asked_shape(seed: int, side_px: int, scale_px: float) -> None:
    field = noise.clouds(generator(seed), side_px=side_px, scale_px=scale_px, octaves=3)
    assert field.shape == (side_px, side_px)
    assert field.dtype == np.float32
    assert np.abs(field).max() < 10


def test_relief_of_a_level_plane_is_flat() -> None:
    assert not noise.relief(np.ones((8, 8), np.float32), light_rad=1.0).any()


@pytest.mark.parametrize("name", surface.PAINTERS)
def test_surface_is_repeatable_and_within_reflectance(name: str) -> None:
    first, again = (surface.PAINTERS[name](generator(7, 0), generator(7, 1), 96) for _ in range(2))
    assert first.tobytes() == again.tobytes()
    assert first.shape == (96, 96, 3)
    assert first.dtype == np.float32
    assert 0.1 < first.mean() < 0.9
    assert first.min() >= 0
    assert first.max() < 1.6
