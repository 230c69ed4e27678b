"""Which patches an epoch sees, and their pixels."""

import numpy as np
import pandas as pd
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from crackpipe.classify import training_inputs
from crackpipe.data import patch_draw, patch_pixels
from crackpipe.errors import DatasetError
from crackpipe.imaging import patch_grid

PHOTOS = {
    name: np.random.default_rng(seed).integers(0, 256, (50, 70, 3), dtype=np.uint8)
    for seed, name in enumerate(("a", "b"))
}
LABELS = st.tuples(st.integers(1, 30), st.integers(1, 30))  # none, crack


def labels_of(numbers: tuple[int, int]) -> np.ndarray:
    return np.random.default_rng(0).permutation(np.repeat([0, 1], numbers)).astype(np.int8)


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


@given(numbers=LABELS, count=st.integers(1, 60), share=st.floats(0.01, 0.99), seed=st.integers(0, 2**33))
def test_the_share_is_exact_and_nothing_repeats_while_there_is_enough(
    numbers: tuple[int, int], count: int, share: float, seed: int
) -> None:
    labels = labels_of(numbers)
    order = patch_draw.draw(labels, count=count, crack_share=share, seed=seed, epoch=3)
    assert len(order) == count
    wanted = {1: round(count * share), 0: count - round(count * share)}
    for label, number in wanted.items():
        chosen = order[labels[order] == label]
        assert len(chosen) == number
        times = np.bincount(chosen, minlength=len(labels))[labels == label]
        assert times.max() - times.min() <= 1  # each once before any twice
    assert np.array_equal(order, patch_draw.draw(labels, count=count, crack_share=share, seed=seed, epoch=3))


def test_without_a_share_cracks_are_as_frequent_as_they_are() -> None:
    labels = (np.arange(50) < 10).astype(np.int8)
    order = patch_draw.draw(labels, count=20, crack_share=None, seed=0, epoch=0)
    assert labels[order].sum() == 4
    assert len(set(order)) == 20
    with pytest.raises(DatasetError, match="none of the 0 training patches is crack"):
        patch_draw.draw(labels[:0], count=20, crack_share=None, seed=0, epoch=0)


def test_epochs_and_seeds_draw_otherwise_and_in_random_order() -> None:
    labels = labels_of((500, 500))
    drawn = [
        patch_draw.draw(labels, count=100, crack_share=0.5, seed=seed, epoch=epoch)
        for seed, epoch in ((1, 0), (1, 1), (2, 0))
    ]
    assert len({order.tobytes() for order in drawn}) == 3
    first = labels[drawn[0]][:50]
    assert 10 < first.sum() < 40


def test_a_missing_class_is_the_users_error_and_says_what_to_change() -> None:
    with pytest.raises(DatasetError, match=r"none of the 4 training patches is crack-free, .*; lower slice\.side_px"):
        patch_draw.draw(np.ones(4, np.int8), count=2, crack_share=0.5, seed=0, epoch=0)
    with pytest.raises(DatasetError, match=r"none of the 4 training patches is crack, .*; lower slice\.min_crack_px"):
        patch_draw.draw(np.zeros(4, np.int8), count=2, crack_share=0.5, seed=0, epoch=0)


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


def augmented_batches(
    *, workers: int, batch: int, epoch: int = 0, seed: int = 5, sides: tuple[int, ...] = (16,)
) -> list[patch_pixels.PatchBatch]:
    found = training_inputs.augmented_batches(
        patches(),
        PHOTOS,
        np.arange(10),
        side_px=16,
        batch=batch,
        workers=workers,
        sides_px=sides,
        colour_jitter=0.2,
        colour_jitter_p=0.75,
        noise_p=0.5,
        seed=seed,
        epoch=epoch,
    )
    return list(found)


def augmented(*, workers: int, batch: int, epoch: int = 0, seed: int = 5) -> torch.Tensor:
    return torch.cat([pixels for pixels, _ in augmented_batches(workers=workers, batch=batch, epoch=epoch, seed=seed)])


def test_each_batch_is_resized_to_one_of_the_sides_the_same_again() -> None:
    sides = (16, 12, 8)
    found = [augmented_batches(workers=workers, batch=1, sides=sides) for workers in (1, 3)]
    assert {pixels.shape[-1] for pixels, _ in found[0]} == set(sides)
    for (one, labels), (other, _) in zip(*found, strict=True):
        assert torch.equal(one, other)
        assert one.shape[2] == one.shape[3]
        assert one.dtype == torch.uint8
        assert len(labels) == 1
    plain = augmented(workers=1, batch=1)
    for number, (pixels, _) in enumerate(found[0]):
        if pixels.shape[-1] == 8:  # half as large: antialiased, so close to the mean of 2 × 2 pixels
            halved = torch.nn.functional.avg_pool2d(plain[number].float(), 2)
            assert (pixels[0].float() - halved).abs().mean() < 20


def test_augmentation_depends_on_seed_epoch_and_place_only() -> None:
    first = augmented(workers=1, batch=3)
    assert torch.equal(augmented(workers=3, batch=3), first)
    assert torch.equal(augmented(workers=2, batch=10), first)
    assert not torch.equal(augmented(workers=1, batch=3, epoch=1), first)
    assert not torch.equal(augmented(workers=1, batch=3, seed=6), first)
    plain = patch_pixels.read(patches(), PHOTOS, side_px=16)
    assert (first.float() - plain.float()).abs().mean() < 30
