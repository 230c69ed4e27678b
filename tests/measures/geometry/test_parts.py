"""Large maps are measured part by part, with the same result as whole ones."""

import tracemalloc

import numpy as np
import pytest
from scipy import ndimage

from benchmarks.drawn_cracks import bar, soft, turned
from crackpipe.measures.geometry import GeometrySettings, find, parts

Box = tuple[int, int, int, int]


def split(mask: np.ndarray, *, certain: np.ndarray | None = None, gap_px: float = 0, least_px: float = 0) -> list[Box]:
    found = parts.split(mask, certain=certain, gap_px=gap_px, least_px=least_px, margin_px=0)
    return [(part.rows.start, part.cols.start, part.rows.stop, part.cols.stop) for part in found]


def test_pieces_with_more_than_the_gap_between_them_are_parts_of_their_own() -> None:
    mask = np.zeros((10, 20), bool)
    mask[2, 2:5] = mask[2, 9:12] = True  # four pixels between them
    assert split(mask, gap_px=3) == [(2, 2, 3, 5), (2, 9, 3, 12)]
    assert split(mask, gap_px=4) == [(2, 2, 3, 12)]


def test_a_chain_of_near_pieces_is_one_part() -> None:
    mask = np.zeros((20, 60), bool)
    for start in range(0, 60, 10):
        mask[start // 5, start : start + 7] = True
    assert split(mask, gap_px=5) == [(0, 0, 11, 57)]


def test_a_piece_without_a_certain_pixel_and_one_too_small_are_left_out() -> None:
    mask, certain = np.zeros((9, 9), bool), np.zeros((9, 9), bool)
    mask[0, :4] = mask[4, :4] = mask[8, 0] = True
    certain[4, 2] = certain[8, 0] = True
    assert split(mask, certain=certain, least_px=2) == [(4, 0, 5, 4)]
    assert split(np.zeros((3, 3), bool)) == []


def test_a_part_holds_none_of_a_left_out_piece_in_its_box() -> None:
    mask = np.zeros((9, 9), bool)
    mask[0, :] = mask[:, 0] = True  # an angle …
    angle = mask.copy()
    mask[4, 4] = True  # … and a dot in its arms
    (part,) = parts.split(mask, certain=angle, gap_px=0, least_px=0, margin_px=0)
    np.testing.assert_array_equal(part.mask, angle)


def test_a_map_full_of_specks_is_cut_into_whole_pieces_each_in_one_part_and_none_large_enough_is_lost() -> None:
    mask = np.random.default_rng(0).random((150, 200)) < 0.1
    pieces, _ = ndimage.label(mask, np.ones((3, 3)))
    sizes = np.bincount(pieces.ravel())
    times = np.zeros(len(sizes), int)
    firsts = []
    for part in parts.split(mask, certain=None, gap_px=0, least_px=3, margin_px=2):
        own, count = np.unique(pieces[part.rows, part.cols][part.mask], return_counts=True)
        np.testing.assert_array_equal(count, sizes[own])  # whole pieces
        assert count.sum() >= 3
        times[own] += 1
        row, col = np.nonzero(part.mask)
        firsts.append((part.rows.start + row.min(), part.cols.start + col.min()))
    assert times.max() == 1
    assert (times[1:][sizes[1:] >= 3] == 1).all()
    assert firsts == sorted(firsts)


@pytest.mark.parametrize("corner", [(0, 0), (2600, 1500)])
def test_a_crack_measures_the_same_wherever_it_lies_in_a_large_map(corner: tuple[int, int]) -> None:
    rng = np.random.default_rng(0)
    small = soft(np.minimum(turned(240, 6, 30), bar((60.0, 20.0), (60.0, 60.0), 3)))
    surface = rng.integers(120, 180, small.shape, dtype=np.uint8) - small // 3
    large, grey = np.zeros((3000, 2000), np.uint8), np.full((3000, 2000), 150, np.uint8)
    window = tuple(slice(start, start + len(small)) for start in corner)
    large[window], grey[window] = small, surface
    for alone, within in zip(
        find(small, GeometrySettings(), grey=surface), find(large, GeometrySettings(), grey=grey), strict=True
    ):
        assert within.length_px == pytest.approx(alone.length_px)
        assert within.geometric.mean == pytest.approx(alone.geometric.mean)
        assert within.area_px == alone.area_px
        assert np.subtract(within.box, alone.box).tolist() == [*corner, *corner]
        assert np.subtract(within.width.at, alone.width.at).tolist() == pytest.approx(corner)
        np.testing.assert_allclose(within.lines[0] - corner, alone.lines[0])


def test_a_large_map_costs_little_more_than_its_numbers() -> None:
    large = np.zeros((3000, 4000), np.uint8)
    large[100:500, 200:600] = soft(turned(240, 6, 30))
    tracemalloc.start()
    assert len(find(large, GeometrySettings(), grey=large)) == 1
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 12e6 * 22  # bytes: a mask, numbers of pieces, their counts; floats for the crack alone


def test_a_crack_that_is_nowhere_certain_is_none() -> None:
    faint = (soft(turned(240, 6, 30)) * 0.6).astype(np.uint8)
    assert len(find(faint, GeometrySettings(level=0.4, certain=0.5))) == 1
    assert find(faint, GeometrySettings(level=0.4, certain=0.7)) == []
