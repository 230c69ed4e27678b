"""Maps of one photograph at several sizes, put together by crack."""

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from crackpipe.segment.inference import octaves


def bar(width: int, *, level: int = 255, top: int = 100) -> np.ndarray:
    levels = np.zeros((200, 300), np.uint8)
    levels[top : top + width, 40:260] = level
    return levels


@given(st.integers(1, 9000), st.integers(1, 9000), st.integers(16, 512), st.sampled_from([1.0, 2.0, 0.5]))
def test_sizes_are_halved_until_the_shorter_side_is_small(height: int, width: int, least: int, finest: float) -> None:
    found = octaves.scales(height, width, least_px=least, finest=finest)
    assert found[0] == finest
    assert all(after == before / 2 for before, after in itertools.pairwise(found))
    shorter = min(height, width) * found[-1]
    assert shorter < 2 * least
    assert len(found) == 1 or shorter >= least


def test_up_to_three_sizes_are_averaged() -> None:
    maps = [bar(10, level=200), bar(10, level=100), bar(10, level=0)]
    assert np.array_equal(octaves.combined(maps), bar(10, level=100))
    assert np.array_equal(octaves.combined(maps[:2]), bar(10, level=150))
    assert np.array_equal(octaves.combined(maps[:1]), maps[0])


def test_a_hairline_is_taken_from_the_fine_sizes() -> None:
    fine, blank = bar(3), bar(3, level=0)
    assert np.array_equal(octaves.combined([fine, fine, fine, blank, blank]), fine)


def test_the_edges_that_fine_sizes_see_of_a_wide_crack_do_not_hollow_it() -> None:
    whole, edges = bar(60, top=70), bar(4, top=70) | bar(4, top=126)
    found = octaves.combined([edges, edges, whole, whole, whole])
    assert np.array_equal(found, whole)


def test_a_wide_and_a_thin_crack_of_one_photograph_are_each_taken_from_their_sizes() -> None:
    thin, wide = bar(4, top=10), bar(60, top=100)
    fine = thin | bar(4, top=100) | bar(4, top=156)
    assert np.array_equal(octaves.combined([fine, fine, fine, wide, wide, wide]), thin | wide)


def test_ground_without_a_piece_is_the_mean_of_all() -> None:
    faint = np.full((50, 60), 40, np.uint8)
    assert (octaves.combined([faint, faint, faint // 2, faint // 2]) == 30).all()


@pytest.mark.parametrize("shape", [(2100, 2300), (4097, 1023)])
def test_large_maps_are_told_apart_on_a_smaller_one_with_their_hairlines(shape: tuple[int, int]) -> None:
    fine = np.zeros(shape, np.uint8)
    fine[900, 100:900] = 255
    fine[1500:1504, 100:900] = 200
    blank = np.zeros(shape, np.uint8)
    assert np.array_equal(octaves.combined([fine, fine, fine, blank, blank]), fine)
