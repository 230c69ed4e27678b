"""Centre-lines of masks drawn by hand: how many, how long, where they meet and where they end."""

import numpy as np
import pytest

from crackpipe.measures.geometry import centreline


def numbered(*rows: str) -> np.ndarray:
    return np.array([[int(sign == "#") for sign in row] for row in rows])


@pytest.mark.parametrize("mask", [np.zeros((5, 7), int), numbered("...", ".#.", "..."), numbered("#")])
def test_nothing_and_a_single_pixel_have_no_line(mask: np.ndarray) -> None:
    traced = centreline.trace(mask)
    assert (traced.branches, traced.crack) == ([], [])
    assert traced.junctions.shape == (0, 2)


def test_a_level_line_is_one_branch_with_two_free_ends() -> None:
    mask = np.zeros((9, 40), int)
    mask[4, 5:35] = 1
    (branch,) = centreline.trace(mask).branches
    assert branch.length() == pytest.approx(29, abs=0.1)
    assert branch.free == (True, True)
    assert not branch.closed
    np.testing.assert_allclose(branch.points[:, 0], 4, atol=1e-6)
    np.testing.assert_allclose(branch.radius, 0.5, atol=1e-6)


def test_a_ring_is_closed_and_has_no_junction() -> None:
    rows, cols = np.mgrid[:41, :41]
    away = np.hypot(rows - 20, cols - 20)
    traced = centreline.trace(((away > 12.5) & (away < 15.5)).astype(int))
    (branch,) = traced.branches
    assert branch.closed
    assert branch.length() == pytest.approx(2 * np.pi * 14, rel=0.02)
    assert len(traced.junctions) == 0


def test_three_arms_meet_in_one_junction_that_is_as_wide_as_the_crack_there() -> None:
    mask = np.zeros((41, 41), int)
    mask[19:22, 2:39] = 1
    mask[20:39, 19:22] = 1
    traced = centreline.trace(mask)
    assert [sum(branch.free) for branch in traced.branches] == [1, 1, 1]
    np.testing.assert_allclose(traced.junctions, [[20, 20]], atol=1.0)
    assert 1.5 <= traced.junction_radius[0] <= 3


@pytest.mark.parametrize("shape", [(1, 1), (1, 12), (12, 1), (9, 14)])
def test_a_map_that_is_crack_all_over_has_finite_lines_and_widths(shape: tuple[int, int]) -> None:
    traced = centreline.trace(np.ones(shape, int))
    for branch in traced.branches:
        assert np.isfinite(branch.points).all()
        assert np.isfinite(branch.radius).all()
        assert branch.radius.max() <= np.hypot(shape[0] + 2, shape[1] + 2)


def test_lines_tell_to_which_crack_they_belong() -> None:
    mask = np.zeros((20, 30), int)
    mask[4, 3:27], mask[14, 3:27] = 2, 1
    traced = centreline.trace(mask)
    by_row = {
        round(float(branch.points[0, 0])): crack for branch, crack in zip(traced.branches, traced.crack, strict=True)
    }
    assert by_row == {4: 2, 14: 1}
