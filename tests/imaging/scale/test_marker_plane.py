"""Drawn markers at known scale and pose: the scale, lengths in a tilted plane, and the doubts that are told."""

import drawn_markers
import numpy as np
import pytest
from drawn_markers import photograph

from crackpipe.imaging import images, markers
from crackpipe.imaging.scale import edges, marker_plane

LINE_MM = np.stack([np.linspace(-80, 80, 30), np.linspace(-100, 120, 30)], axis=1)


def length(points: np.ndarray) -> float:
    return float(np.linalg.norm(np.diff(points, axis=0), axis=1).sum())


@pytest.mark.parametrize("dictionary", ["DICT_4X4_50", "DICT_5X5_100", "DICT_6X6_250", "DICT_7X7_1000"])
@pytest.mark.parametrize("turn_deg", [0.0, 33.0, 180.0])
def test_a_marker_seen_from_the_front_gives_the_scale_within_half_a_percent(dictionary: str, turn_deg: float) -> None:
    wall = photograph(marker_mm=50, distance_mm=450, turn_deg=turn_deg, at_mm=(20, -30), dictionary=dictionary)
    found = marker_plane.scale(wall.image, marker_mm=50)
    assert found.mm_per_px == pytest.approx(450 / 900, rel=0.005)
    assert found.perspective is None
    assert found.source.startswith("marker 7 of DICT_")


@pytest.mark.parametrize(
    "dictionary", [name for name in markers.DICTIONARIES if name.startswith(("DICT_AP", "DICT_ARUCO"))]
)
def test_april_tags_and_the_others_are_known_too(dictionary: str) -> None:
    wall = photograph(marker_mm=50, distance_mm=450, dictionary=dictionary, number=3)
    (found,) = markers.find(wall.image)
    assert found.number == 3
    assert found.side_px == pytest.approx(100, rel=0.02)
    assert marker_plane.scale(wall.image, marker_mm=50).mm_per_px == pytest.approx(0.5, rel=0.005)


@pytest.mark.parametrize("tilt_deg", [8.0, 20.0, 40.0, 60.0])
@pytest.mark.parametrize("marker_mm", [30.0, 60.0])
def test_a_line_in_a_tilted_plane_keeps_its_length_within_a_percent(tilt_deg: float, marker_mm: float) -> None:
    wall = photograph(marker_mm=marker_mm, distance_mm=500, tilt_deg=tilt_deg, turn_deg=20, at_mm=(40, -60))
    found = marker_plane.scale(wall.image, marker_mm=marker_mm)
    line_px = wall.px(LINE_MM)
    assert found.perspective is not None
    assert length(found.mm(line_px)) == pytest.approx(length(LINE_MM), rel=0.01)
    assert found.mm_per_px is not None
    assert abs(length(line_px) * found.mm_per_px / length(LINE_MM) - 1) > (0.03 if tilt_deg > 30 else 0)
    assert found.notes[0].startswith("seen at an angle: the scale goes from 0.")


def test_widths_in_a_tilted_plane_are_those_of_the_wall() -> None:
    wall = photograph(marker_mm=60, distance_mm=500, tilt_deg=45)
    found = marker_plane.scale(wall.image, marker_mm=60)
    edges_px = [wall.px(LINE_MM + np.array([0.0, side])) for side in (-2.0, 2.0)]
    across = edges_px[1] - edges_px[0]
    widths_px = np.linalg.norm(across, axis=1)
    widths = found.width_mm((edges_px[0] + edges_px[1]) / 2, across / widths_px[:, None], widths_px)
    assert widths_px.max() > 1.2 * widths_px.min()
    np.testing.assert_allclose(widths, 4.0, rtol=0.02)


def test_of_several_markers_the_largest_is_taken_and_one_of_another_size_is_told() -> None:
    wall = photograph(marker_mm=60, distance_mm=500, at_mm=(0, -80), other=(0, 80, 40))
    found = marker_plane.scale(wall.image, marker_mm=60)
    assert found.mm_per_px == pytest.approx(500 / 900, rel=0.005)
    assert found.notes == (
        "marker 7 of DICT_4X4_1000 measures 40 mm by marker 7 of DICT_4X4_1000, not 60: it has another size or lies in "
        "another plane",
    )
    alike = photograph(marker_mm=60, distance_mm=500, tilt_deg=20, at_mm=(0, -80), other=(0, 80, 60))
    assert len(marker_plane.scale(alike.image, marker_mm=60).notes) == 1  # of the perspective


def test_a_small_marker_tells_how_much_tilt_it_would_not_show() -> None:
    wall = photograph(marker_mm=15, distance_mm=500)
    assert marker_plane.scale(wall.image, marker_mm=15).notes == (
        "the marker is 27 px wide in a picture of 960×720: seen as square, but a tilt of less than 14° would not show; "
        "a larger one, or one nearer, would be surer",
    )


def test_beyond_the_horizon_of_the_plane_nothing_is_measured() -> None:
    wall = photograph(marker_mm=100, distance_mm=500, tilt_deg=75)
    found = marker_plane.scale(wall.image, marker_mm=100)
    assert found.notes[0] == (
        "the plane of the marker ends in the picture at its horizon; beyond it nothing is measured"
    )
    far, near = found.mm(np.array([[719.0, 480.0], [360.0, 480.0]]))
    assert np.isnan(far).all()
    assert np.isfinite(near).all()


def test_a_picture_without_a_marker_has_no_scale_and_says_so() -> None:
    found = marker_plane.scale(np.full((100, 120, 3), 150, np.uint8), marker_mm=50)
    assert found.mm_per_px is None
    assert found.notes == ("marker: none was found; it needs a light border and sides of 20 px or more",)
    assert np.isnan(found.mm(np.zeros((3, 2)))).all()
    assert np.isnan(found.width_mm(np.zeros((3, 2)), np.ones((3, 2)), np.ones(3))).all()


def test_corners_lie_where_the_edges_meet_and_not_on_the_last_black_pixels() -> None:
    wall = photograph(marker_mm=50, distance_mm=450, tilt_deg=25, turn_deg=10)
    (seen,) = markers.find(wall.image)
    sharp = edges.straightened(seen, images.to_grey(wall.image))
    true = wall.px(25.0 * np.array([[-1, -1], [-1, 1], [1, 1], [1, -1]]))
    assert sharp is not None
    assert np.abs(seen.corners - true).max() > 0.3
    assert np.abs(sharp.corners - true).max() < 0.1


def test_a_square_without_straight_edges_is_no_marker() -> None:
    wall = photograph(marker_mm=50, distance_mm=450)
    (seen,) = markers.find(wall.image)
    noise = np.random.default_rng(0).integers(0, 255, wall.image.shape[:2], dtype=np.uint8)
    assert edges.straightened(seen, np.full_like(noise, 128)) is None
    assert edges.straightened(seen, noise) is None


def test_the_drawn_camera_is_the_textbook_one() -> None:
    wall = drawn_markers.photograph(marker_mm=50, distance_mm=450, tilt_deg=90 - 1e-9)
    at = wall.px(np.array([[100.0, 30.0]]))[0]  # 100 mm further away on the axis
    np.testing.assert_allclose(at - [359.5, 479.5], [0, 900 * 30 / 550], atol=1e-6)
