"""The dark map: ours against the literal loop, and where scikit-image's loop differs."""

from fractions import Fraction
from functools import partial
from itertools import combinations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks import dark_map, peers
from benchmarks.photographs import Photograph

SKIMAGE = {
    "floats": partial(peers.float_threshold, classes=3),
    "levels": partial(peers.level_threshold, classes=3),
}


def patch_of(levels: list[int]) -> np.ndarray:
    """A square patch with these levels, one row of each."""
    return np.repeat(np.array(levels, np.uint8)[:, None], len(levels), axis=1)


def quality(counts: dict[int, int], low: int, high: int) -> Fraction:
    """Σ n·mean² of the three classes, exactly."""
    total = Fraction(0)
    for first, last in ((-1, low), (low, high), (high, 255)):
        members = {level: n for level, n in counts.items() if first < level <= last}
        if members:
            total += Fraction(sum(level * n for level, n in members.items()) ** 2, sum(members.values()))
    return total


@given(st.dictionaries(st.integers(0, 255), st.integers(1, 60), min_size=3, max_size=7))
def test_the_literal_loops_threshold_is_the_smallest_of_the_exactly_best(counts: dict[int, int]) -> None:
    patch = np.repeat(np.array(list(counts), np.uint8), list(counts.values()))[None]
    known = sorted(counts)
    found = {(low, high): quality(counts, low, high) for low, high in combinations(known[:-1], 2)}
    best = max(found.values())
    assert dark_map.best_threshold(patch) == min(low for (low, _), value in found.items() if value == best)


def test_our_dark_map_equals_the_literal_loop(small: list[Photograph]) -> None:
    chosen = [one.image[:90, :110] for one in small]
    ours = dark_map.ours(chosen)
    assert any(one.any() for one in ours)
    assert dark_map.differing(ours, dark_map.looped(chosen, threshold=dark_map.best_threshold)) == 0


@pytest.mark.parametrize("threshold", SKIMAGE.values(), ids=SKIMAGE)
def test_scikit_images_loop_finds_nearly_the_same_pixels(small: list[Photograph], threshold: peers.Threshold) -> None:
    chosen = [one.image[:90, :110] for one in small]
    theirs = dark_map.looped(chosen, threshold=threshold)
    assert dark_map.differing(dark_map.ours(chosen), theirs) < 0.02 * theirs[0].size * len(chosen)


@pytest.mark.parametrize("threshold", SKIMAGE.values(), ids=SKIMAGE)
def test_well_separated_levels_are_cut_alike(threshold: peers.Threshold) -> None:
    patch = patch_of([20, 20, 100, 100, 200, 220])
    assert np.array_equal(patch <= threshold(patch), patch <= dark_map.best_threshold(patch))


def test_a_level_above_the_centre_of_its_bin_is_lost_to_scikit_images_floats() -> None:
    patch = patch_of([20, 23, 20, 23, 120, 121, 219, 220])
    assert dark_map.best_threshold(patch) == 23
    assert 22 < peers.float_threshold(patch, classes=3) < 23
    assert peers.level_threshold(patch, classes=3) == 23


@pytest.mark.parametrize("threshold", [*SKIMAGE.values(), dark_map.best_threshold])
def test_two_levels_leave_nothing_dark(threshold: peers.Threshold) -> None:
    grey = patch_of([10] * 16 + [200] * 16)
    assert threshold(grey) is None
    assert not peers.dark(grey, side_px=32, stride_px=8, threshold=threshold).any()


def test_pixels_are_counted_on_both_sides() -> None:
    some, others = np.array([[True, True, False]]), np.array([[False, True, True]])
    assert dark_map.only_in([some], [others]) == 1
    assert dark_map.differing([some], [others]) == 2
