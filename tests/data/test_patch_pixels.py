"""Pixels of patches: cut, turned, resized, in batches."""

import numpy as np
import pandas as pd
import pytest
import torch

from crackpipe.data import patch_pixels
from crackpipe.imaging import patch_grid

PHOTOS = {
    name: np.random.default_rng(seed).integers(0, 256, (50, 70, 3), dtype=np.uint8)
    for seed, name in enumerate(("a", "b"))
}


def patches(n: int = 10, *, side: int = 16) -> pd.DataFrame:
    random = np.random.default_rng(1)
    return pd.DataFrame(
        {
            "photo_id": random.choice(["a", "b"], n),
            "row_px": random.integers(0, 49, n),
            "col_px": random.integers(0, 69, n),
            "side_px": side,
            "symmetry": random.integers(0, 8, n),
            "label": random.integers(0, 2, n).astype(np.int8),
        }
    )


def test_patches_are_cut_turned_and_in_the_order_of_their_rows() -> None:
    rows = patches()
    found = patch_pixels.read(rows, PHOTOS, side_px=16)
    assert found.shape == (10, 3, 16, 16)
    assert found.dtype == torch.uint8
    for pixels, row in zip(found, rows.itertuples(), strict=True):
        square = patch_grid.crop(PHOTOS[row.photo_id], row_px=row.row_px, col_px=row.col_px, side_px=16)
        assert np.array_equal(pixels.permute(1, 2, 0).numpy(), patch_grid.apply_symmetry(square, row.symmetry))


@pytest.mark.parametrize("side", [40, 8])
def test_patches_of_another_size_are_resized_before_they_are_turned(side: int) -> None:
    rows = patches(side=side)
    found = patch_pixels.read(rows, PHOTOS, side_px=16)
    assert found.shape == (10, 3, 16, 16)
    straight = patch_pixels.read(rows.assign(symmetry=0), PHOTOS, side_px=16)
    for pixels, upright, symmetry in zip(found, straight, rows["symmetry"], strict=True):
        expected = patch_grid.apply_symmetry(upright.permute(1, 2, 0).numpy(), symmetry)
        assert np.array_equal(pixels.permute(1, 2, 0).numpy(), expected)


def test_batches_follow_the_order_and_end_with_the_rest() -> None:
    rows, order = patches(), np.array([7, 1, 1, 4, 0])
    found = list(patch_pixels.batches(rows, PHOTOS, order, side_px=16, batch=2, workers=2))
    assert [len(labels) for _, labels in found] == [2, 2, 1]
    expected = patch_pixels.read(rows.iloc[order], PHOTOS, side_px=16)
    assert torch.equal(torch.cat([pixels for pixels, _ in found]), expected)
    labels = torch.cat([labels for _, labels in found])
    assert labels.dtype == torch.int64
    assert labels.tolist() == rows["label"].iloc[order].tolist()
