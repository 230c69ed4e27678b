"""A patch that is labelled none rules out all of its pixels, on training photographs only."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from crackpipe.files import parquet, schemas
from crackpipe.pseudo import patch_labels
from crackpipe.pseudo.patch_labels import PatchBox

BOXES = st.lists(st.tuples(st.integers(0, 12), st.integers(0, 12), st.integers(1, 9)), max_size=5)


@pytest.fixture
def patches(tmp_path: Path) -> Path:
    """Patches of five photographs: (photo, row, column, symmetry, label, split)."""
    listed = [
        ("s/mixed", 0, 0, 0, 0, "train"),
        ("s/mixed", 0, 0, 1, 0, "train"),  # the same patch, turned
        ("s/mixed", 0, 32, 0, 1, "train"),
        ("s/mixed", 32, 0, 0, 0, "train"),
        ("s/sound", 0, 0, 0, 0, "train"),
        ("s/torn", 0, 0, 0, 1, "train"),
        ("s/val", 0, 0, 0, 0, "val"),
        ("s/xtest", 0, 0, 0, 0, "test"),
    ]
    names = ("photo_id", "row_px", "col_px", "symmetry", "label", "split")
    rows = [dict(zip(names, one, strict=True), side_px=64) for one in listed]
    parquet.write(tmp_path / "patches", schemas.PATCHES, rows)
    return tmp_path / "patches"


def test_patches_without_a_crack_are_listed_once_for_each_training_photograph(patches: Path) -> None:
    assert patch_labels.crack_free_patches(patches) == {
        "s/mixed": [(0, 0, 64), (32, 0, 64)],
        "s/sound": [(0, 0, 64)],
        "s/torn": [],
    }


@pytest.mark.parametrize("split", ["val", "test"])
def test_labels_of_other_splits_are_never_read(patches: Path, split: str) -> None:
    """Whatever they say, the answer stays."""
    rows = list(parquet.scan(patches, schemas.PATCHES))
    turned = [row | {"label": 1 - row["label"]} if row["split"] == split else row for row in rows]
    assert turned != rows
    before = patch_labels.crack_free_patches(patches)
    parquet.write(patches, schemas.PATCHES, turned)
    assert patch_labels.crack_free_patches(patches) == before


def test_symmetric_copies_are_not_read(patches: Path) -> None:
    rows = [row for row in parquet.scan(patches, schemas.PATCHES) if row["symmetry"] == 0]
    before = patch_labels.crack_free_patches(patches)
    parquet.write(patches, schemas.PATCHES, rows)
    assert patch_labels.crack_free_patches(patches) == before


@given(crack_free=BOXES, height=st.integers(1, 16), width=st.integers(1, 16))
def test_a_pixel_can_be_crack_unless_a_patch_without_one_covers_it(
    crack_free: list[PatchBox], height: int, width: int
) -> None:
    possible = patch_labels.crack_possible(crack_free, height=height, width=width)
    assert (possible.shape, possible.dtype) == ((height, width), np.dtype(bool))
    for row, col in np.ndindex(height, width):
        covered = any(top <= row < top + side and left <= col < left + side for top, left, side in crack_free)
        assert possible[row, col] == (not covered)


def test_a_photograph_whose_patches_all_show_a_crack_may_hold_it_anywhere() -> None:
    assert patch_labels.crack_possible([], height=3, width=4).all()
