"""Where a classifier's inputs come from: photographs, augmented while it trains, or a frozen trunk's features."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol, runtime_checkable

import numpy as np
import pandas as pd
import torch
from jaxtyping import Int

from crackpipe.compute import parallel, seeds
from crackpipe.data import augment, patch_pixels
from crackpipe.data.patch_pixels import PatchBatch

ZOOM = 1  # tells the generator of a batch's size from those of its patches


@runtime_checkable
class Inputs(Protocol):
    """Where the inputs of a classifier come from: photographs, or what a frozen trunk has seen of them."""

    def plain(self, patches: pd.DataFrame, *, batch: int) -> Iterator[PatchBatch]:
        """The patches as they are, in order."""

    def training(
        self, patches: pd.DataFrame, order: Int[np.ndarray, "m"], *, batch: int, seed: int, epoch: int
    ) -> Iterator[PatchBatch]:
        """The patches at ``order`` as one epoch sees them."""


@dataclass(frozen=True, slots=True)
class Photographed:
    """Patches cut from decoded photographs with ``side_px``, and augmented for training as ``augment`` says.

    The first of ``augment``'s ``sides_px`` is the side at which they are seen when nothing is augmented.
    """

    photos: Mapping[str, np.ndarray]
    side_px: int
    workers: int
    augment: Mapping[str, Any]

    def plain(self, patches: pd.DataFrame, *, batch: int) -> Iterator[PatchBatch]:
        """See :func:`crackpipe.data.patch_pixels.batches`."""
        order, to_px = np.arange(len(patches)), self.augment["sides_px"][0]
        cut = patch_pixels.batches(patches, self.photos, order, side_px=self.side_px, batch=batch, workers=self.workers)
        return ((patch_pixels.resized(pixels, side_px=to_px), labels) for pixels, labels in cut)

    def training(
        self, patches: pd.DataFrame, order: Int[np.ndarray, "m"], *, batch: int, seed: int, epoch: int
    ) -> Iterator[PatchBatch]:
        """See :func:`augmented_batches`."""
        return augmented_batches(
            patches,
            self.photos,
            order,
            side_px=self.side_px,
            batch=batch,
            workers=self.workers,
            seed=seed,
            epoch=epoch,
            **self.augment,
        )


def augmented_batches(
    patches: pd.DataFrame,
    photos: Mapping[str, np.ndarray],
    order: Int[np.ndarray, "m"],
    *,
    side_px: int,
    batch: int,
    workers: int,
    sides_px: Sequence[int],
    colour_jitter: float,
    colour_jitter_p: float,
    noise_p: float,
    seed: int,
    epoch: int,
) -> Iterator[PatchBatch]:
    """Batches of patches, augmented: each patch by (seed, epoch, its place), each batch at one of ``sides_px``.

    A smaller side shows the same crack thinner: what another camera, or more distance, would show.
    """

    def work(numbered: tuple[int, Int[np.ndarray, "b"]]) -> PatchBatch:
        first, index = numbered
        part = patches.iloc[index]
        pixels = [
            augment.jitter(
                patch,
                seeds.generator(seed, epoch, first + i),
                colour_jitter=colour_jitter,
                colour_jitter_p=colour_jitter_p,
                noise_p=noise_p,
            )
            for i, patch in enumerate(patch_pixels.read(part, photos, side_px=side_px))
        ]
        side = int(seeds.generator(seed, epoch, first, ZOOM).choice(list(sides_px)))
        return patch_pixels.resized(torch.stack(pixels), side_px=side), torch.from_numpy(
            part["label"].to_numpy(np.int64)
        )

    numbered = ((i * batch, index) for i, index in enumerate(patch_pixels.chunks(order, batch)))
    yield from parallel.prefetch(work, numbered, workers=workers, ahead=2 * workers)
