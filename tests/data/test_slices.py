"""Patches as coordinates: every pixel is covered, every label is right, every symmetry has its inverse."""

from typing import Any

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from crackpipe.data import slices
from crackpipe.files import parquet, schemas
from crackpipe.imaging import images, patch_grid

GRID = st.integers(1, 40).flatmap(lambda side: st.tuples(st.just(side), st.integers(1, side)))  # side, stride


def photo(name: str, mask: np.ndarray | None, *, split: str = "train", label: int | None = None) -> dict[str, Any]:
    height, width = (48, 96) if mask is None else mask.shape
    data = None if mask is None else images.encode_mask(mask)
    place = {"photo_id": name, "split": split, "height_px": height, "width_px": width}
    return {**place, "mask": data, "label": label}


def cut(
    *photos: dict[str, Any], side_px: int, stride_px: int, symmetries: int = 1, least: int = 1
) -> list[parquet.Row]:
    found = slices.cut(photos, side_px=side_px, stride_px=stride_px, symmetries=symmetries, min_crack_px=least)
    assert found.schema.equals(schemas.PATCHES.columns)
    return found.to_pylist()


@given(
    mask=hnp.arrays(np.bool_, hnp.array_shapes(min_dims=2, max_dims=2, min_side=1, max_side=30)),
    grid=GRID,
    least=st.integers(1, 9),
)
def test_a_label_counts_the_crack_pixels_of_its_patch(mask: np.ndarray, grid: tuple[int, int], least: int) -> None:
    side, stride = grid
    rows = cut(photo("a", mask), side_px=side, stride_px=stride, least=least)
    assert {(row["row_px"], row["col_px"]) for row in rows} == {
        (top, left)
        for top in patch_grid.starts(mask.shape[0], side_px=side, stride_px=stride).tolist()
        for left in patch_grid.starts(mask.shape[1], side_px=side, stride_px=stride).tolist()
    }
    for row in rows:
        top, left = row["row_px"], row["col_px"]
        inside = sum(
            bool(mask[r, c])
            for r in range(top, min(top + side, mask.shape[0]))
            for c in range(left, min(left + side, mask.shape[1]))
        )
        assert row["label"] == (inside >= least)


@given(pixel=st.tuples(st.integers(0, 52), st.integers(0, 69)))
def test_a_one_pixel_crack_makes_exactly_the_patches_that_hold_it_crack(pixel: tuple[int, int]) -> None:
    mask = np.zeros((53, 70), bool)
    mask[pixel] = True
    for row in cut(photo("a", mask), side_px=16, stride_px=8):
        holds = 0 <= pixel[0] - row["row_px"] < 16 and 0 <= pixel[1] - row["col_px"] < 16
        assert row["label"] == holds


def test_training_patches_are_listed_once_per_symmetry_first_mirrored_the_others_once() -> None:
    mask = np.zeros((16, 32), bool)
    mask[3, 20] = True
    rows = cut(photo("a", mask), photo("b", mask, split="val"), side_px=16, stride_px=16, symmetries=2)
    keys = [(row["photo_id"], row["col_px"], row["symmetry"], row["label"]) for row in rows]
    assert keys == [("a", col, turn, col // 16) for col in (0, 16) for turn in (0, 4)] + [
        ("b", 0, 0, 0),
        ("b", 16, 0, 1),
    ]


def test_a_photograph_with_a_label_only_is_its_central_square() -> None:
    rows = cut(photo("a", None, label=1), photo("b", None, label=0), photo("c", None), side_px=16, stride_px=8)
    assert [(row["photo_id"], row["row_px"], row["col_px"], row["side_px"], row["label"]) for row in rows] == [
        ("a", 0, 24, 48, 1),
        ("b", 0, 24, 48, 0),
    ]


def test_no_photographs_are_an_empty_table_of_the_same_columns() -> None:
    assert cut(side_px=16, stride_px=8) == []
