"""Grids of patches cover every pixel, crops are mirrored over the border, every symmetry has its inverse."""

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from crackpipe.imaging import images, patch_grid

GRID = st.integers(1, 40).flatmap(lambda side: st.tuples(st.just(side), st.integers(1, side)))  # side, stride


@given(length=st.integers(1, 200), grid=GRID)
def test_every_pixel_lies_in_a_patch_and_only_the_last_stands_over_the_border(
    length: int, grid: tuple[int, int]
) -> None:
    side, stride = grid
    found = patch_grid.starts(length, side_px=side, stride_px=stride).tolist()
    assert {pixel for start in found for pixel in range(start, start + side)} >= set(range(length))
    assert found == list(range(0, len(found) * stride, stride))
    assert all(start + side < length for start in found[:-1])
    assert found[-1] < length


def test_the_last_patch_overhangs_by_what_the_stride_leaves() -> None:
    assert patch_grid.starts(100, side_px=32, stride_px=16).tolist() == [0, 16, 32, 48, 64, 80]  # 80 + 32 = 112
    assert patch_grid.starts(96, side_px=32, stride_px=16).tolist() == [0, 16, 32, 48, 64]  # to the border
    assert patch_grid.starts(20, side_px=32, stride_px=16).tolist() == [0]


@pytest.mark.parametrize("symmetry", range(8))
def test_every_symmetry_is_undone_by_its_inverse(symmetry: int) -> None:
    pixels = np.arange(5 * 7 * 3).reshape(5, 7, 3)
    assert np.array_equal(patch_grid.undo_symmetry(patch_grid.apply_symmetry(pixels, symmetry), symmetry), pixels)


def test_the_eight_symmetries_are_all_there_are() -> None:
    assert sorted(patch_grid.SYMMETRIES) == list(range(8))
    square = np.arange(9).reshape(3, 3)
    found = {patch_grid.apply_symmetry(square, symmetry).tobytes() for symmetry in range(8)}
    turned = [np.rot90(side, turns) for side in (square, square.T) for turns in range(4)]
    assert found == {one.tobytes() for one in turned}
    assert patch_grid.apply_symmetry(square, 1).tolist() == [
        [2, 5, 8],
        [1, 4, 7],
        [0, 3, 6],
    ]  # a quarter turn, to the left
    assert patch_grid.apply_symmetry(square, 4).tolist() == [[2, 1, 0], [5, 4, 3], [8, 7, 6]]  # mirrored


def mirrored(index: int, length: int, *, twice: bool) -> int:
    """Where a pixel beyond the border is found again; ``twice``: the border pixel itself is repeated."""
    if not twice:
        return index if index < length else 2 * length - 2 - index
    index %= 2 * length
    return index if index < length else 2 * length - 1 - index


@given(
    height=st.integers(1, 40),
    width=st.integers(1, 40),
    side=st.integers(1, 48),
    row=st.integers(0, 39),
    col=st.integers(0, 39),
)
def test_a_crop_equals_the_mirrored_photograph(height: int, width: int, side: int, row: int, col: int) -> None:
    assume(row < height and col < width)
    pixels = np.arange(height * width, dtype=np.uint16).reshape(height, width)
    before = pixels.copy()
    over = max(0, row + side - height), max(0, col + side - width)
    twice = over[0] >= height or over[1] >= width  # too small to be mirrored without the border pixel
    expected = [
        [pixels[mirrored(r, height, twice=twice), mirrored(c, width, twice=twice)] for c in range(col, col + side)]
        for r in range(row, row + side)
    ]
    found = patch_grid.crop(pixels, row_px=row, col_px=col, side_px=side)
    assert found.tolist() == [[int(value) for value in line] for line in expected]
    assert np.array_equal(pixels, before)


def test_an_overhang_larger_than_the_rest_is_mirrored_from_the_whole_photograph() -> None:
    line = np.arange(10, dtype=np.uint8)[None].repeat(10, axis=0)
    assert patch_grid.crop(line, row_px=0, col_px=8, side_px=8)[0].tolist() == [8, 9, 8, 7, 6, 5, 4, 3]


@given(height=st.integers(1, 70), width=st.integers(1, 70), stride=st.sampled_from([8, 16, 32]))
def test_crops_equal_the_patches_of_the_photograph_padded_once(height: int, width: int, stride: int) -> None:
    pixels = np.arange(height * width, dtype=np.uint16).reshape(height, width)
    rows, cols = (patch_grid.starts(length, side_px=32, stride_px=stride).tolist() for length in (height, width))
    padded = images.pad_reflect(pixels, bottom=rows[-1] + 32 - height, right=cols[-1] + 32 - width)
    for row in rows:
        for col in cols:
            found = patch_grid.crop(pixels, row_px=row, col_px=col, side_px=32)
            assert np.array_equal(found, padded[row : row + 32, col : col + 32])
