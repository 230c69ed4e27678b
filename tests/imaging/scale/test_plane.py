"""Homographies: exact at their corners, the derivative's area as scale, errors as simulated ones."""

import numpy as np
from hypothesis import assume, given
from hypothesis import strategies as st
from numpy.linalg import norm

from crackpipe.imaging.scale import plane

SQUARE = np.array([[0.0, 0.0], [0.0, 50.0], [50.0, 50.0], [50.0, 0.0]])
SHIFT = st.floats(-12, 12)


@given(shifts=st.lists(SHIFT, min_size=8, max_size=8), at=st.tuples(st.floats(0, 2000), st.floats(0, 2000)))
def test_corners_go_to_their_places_and_the_scale_is_the_derivative(
    shifts: list[float], at: tuple[float, float]
) -> None:
    corners = 2 * SQUARE + np.array(shifts).reshape(4, 2) + np.array(at)
    found = plane.homography(corners, SQUARE)
    np.testing.assert_allclose(plane.mapped(found, corners), SQUARE, atol=1e-6)
    inside = corners.mean(axis=0)
    step = 1e-3 * np.array([[1, 0], [-1, 0], [0, 1], [0, -1]])
    down, up, right, left = plane.mapped(found, inside + step)
    area = abs(np.linalg.det(np.stack([down - up, right - left])) / (2e-3) ** 2)
    np.testing.assert_allclose(plane.mm_per_px(found, inside[None]) ** 2, area, rtol=1e-4)


@given(steps=st.lists(st.floats(-9, 9), min_size=4, max_size=4))
def test_a_plane_seen_from_above_keeps_ratios(steps: list[float]) -> None:
    down, across = np.array(steps[:2]), np.array(steps[2:])
    assume(abs(down[0] * across[1] - down[1] * across[0]) > 0.1)
    found = plane.affine(down, across)
    points = np.array([[0.0, 0.0], [1.0, 0.0], [0.0, 1.0], [7.0, -3.0]])
    np.testing.assert_allclose(plane.mapped(found, points), points @ np.stack([down, across]), atol=1e-12)
    assert np.ptp(plane.mm_per_px(found, points)) < 1e-12


def test_the_error_of_the_scale_is_that_of_shaken_corners() -> None:
    rng = np.random.default_rng(0)
    corners = 2 * SQUARE + np.array([[0, 0], [5, 3], [0, -4], [2, 2]]) + 300
    points = np.array([[350.0, 350.0], [500.0, 420.0]])
    scale = plane.mm_per_px(plane.homography(corners, SQUARE), points)
    shaken = [
        plane.mm_per_px(plane.homography(corners + rng.normal(0, 0.1, (4, 2)), SQUARE), points) / scale
        for _ in range(2000)
    ]
    np.testing.assert_allclose(plane.spread(corners, SQUARE, points, corner_px=0.1), np.std(shaken, axis=0), rtol=0.1)
    assert norm(plane.spread(corners, SQUARE, points, corner_px=0.0)) == 0
