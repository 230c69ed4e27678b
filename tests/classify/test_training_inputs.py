"""Patches as a training sees them: augmented, each batch at one of several sides."""

import numpy as np
import pandas as pd
import torch

from crackpipe.classify.training_inputs import Augmentation, PhotoInputs
from crackpipe.data import patch_pixels

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


def augmented_batches(
    *, workers: int, batch: int, epoch: int = 0, seed: int = 5, sides: tuple[int, ...] = (16,)
) -> list[patch_pixels.PatchBatch]:
    augmentation = Augmentation(sides_px=sides, colour_jitter=0.2, colour_jitter_p=0.75, noise_p=0.5)
    inputs = PhotoInputs(PHOTOS, 16, workers, augmentation)
    return list(inputs.training(patches(), np.arange(10), batch=batch, seed=seed, epoch=epoch))


def augmented(*, workers: int, batch: int, epoch: int = 0, seed: int = 5) -> torch.Tensor:
    return torch.cat([pixels for pixels, _ in augmented_batches(workers=workers, batch=batch, epoch=epoch, seed=seed)])


def test_each_batch_is_resized_to_one_of_the_sides_the_same_again() -> None:
    sides = (16, 12, 8)
    runs = [augmented_batches(workers=workers, batch=1, sides=sides) for workers in (1, 3)]
    assert {pixels.shape[-1] for pixels, _ in runs[0]} == set(sides)
    for (pixels, labels), (again, _) in zip(*runs, strict=True):
        assert torch.equal(pixels, again)
        assert pixels.shape[2] == pixels.shape[3]
        assert pixels.dtype == torch.uint8
        assert len(labels) == 1
    plain = augmented(workers=1, batch=1)
    for number, (pixels, _) in enumerate(runs[0]):
        if pixels.shape[-1] == 8:  # half as large: antialiased, so close to the mean of 2 × 2 pixels
            halved = torch.nn.functional.avg_pool2d(plain[number].float(), 2)
            assert (pixels[0].float() - halved).abs().mean() < 20


def test_augmentation_depends_on_seed_epoch_and_index_only() -> None:
    first = augmented(workers=1, batch=3)
    assert torch.equal(augmented(workers=3, batch=3), first)
    assert torch.equal(augmented(workers=2, batch=10), first)
    assert not torch.equal(augmented(workers=1, batch=3, epoch=1), first)
    assert not torch.equal(augmented(workers=1, batch=3, seed=6), first)
    plain = patch_pixels.read(patches(), PHOTOS, side_px=16)
    assert (first.float() - plain.float()).abs().mean() < 30
