"""Inputs of a classifier: patches of photographs, augmented while it trains, or features of a frozen trunk."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

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
    """Source of a classifier's inputs: photographs, or features that a frozen trunk has computed of them."""

    def plain(self, patches: pd.DataFrame, *, batch: int) -> Iterator[PatchBatch]:
        """Yield the patches as they are, in order, ``batch`` at a time."""

    def training(
        self, patches: pd.DataFrame, order: Int[np.ndarray, "m"], *, batch: int, seed: int, epoch: int
    ) -> Iterator[PatchBatch]:
        """Yield the patches at ``order`` as one epoch sees them, the same for the same seed and epoch."""


@dataclass(frozen=True, slots=True)
class Augmentation:
    """Random changes to training patches.

    Attributes:
        sides_px: each batch is resized to one of these sides; a smaller side shows the same crack thinner, as another
            camera or more distance would. The first is the side of patches that are not augmented.
        colour_jitter, colour_jitter_p, noise_p: see :func:`crackpipe.data.augment.jitter`.
    """

    sides_px: Sequence[int]
    colour_jitter: float
    colour_jitter_p: float
    noise_p: float


@dataclass(frozen=True, slots=True)
class PhotoInputs:
    """Patches cut from decoded photographs.

    Attributes:
        photos: RGB pixels (h, w, 3), 0–255, by photo_id.
        side_px: patches are cut at this side, or resized to it.
        workers: threads that cut patches ahead of their use.
        augmentation: of the training patches.
    """

    photos: Mapping[str, np.ndarray]
    side_px: int
    workers: int
    augmentation: Augmentation

    def plain(self, patches: pd.DataFrame, *, batch: int) -> Iterator[PatchBatch]:
        """Yield the patches in order, at the first of the augmentation's sides; see :meth:`Inputs.plain`."""
        order, to_px = np.arange(len(patches)), self.augmentation.sides_px[0]
        cut = patch_pixels.batches(patches, self.photos, order, side_px=self.side_px, batch=batch, workers=self.workers)
        return ((patch_pixels.resized(pixels, side_px=to_px), labels) for pixels, labels in cut)

    def training(
        self, patches: pd.DataFrame, order: Int[np.ndarray, "m"], *, batch: int, seed: int, epoch: int
    ) -> Iterator[PatchBatch]:
        """Yield the patches at ``order``, augmented: each by (seed, epoch, its index in ``order``).

        Args:
            patches: rows of the ``patches`` table.
            order: rows to take.
            batch: patches in a batch.
            seed, epoch: of the random changes.
        """

        def cut(numbered: tuple[int, Int[np.ndarray, "b"]]) -> PatchBatch:
            first, rows = numbered
            return self._augmented(patches.iloc[rows], key=(seed, epoch), first=first)

        numbered = ((i * batch, rows) for i, rows in enumerate(patch_pixels.chunks(order, batch)))
        yield from parallel.prefetch(cut, numbered, workers=self.workers, ahead=2 * self.workers)

    def _augmented(self, patches: pd.DataFrame, *, key: tuple[int, int], first: int) -> PatchBatch:
        """A batch of augmented patches, the first of which has the index ``first`` in its epoch."""
        changes = self.augmentation
        pixels = [
            augment.jitter(
                patch,
                seeds.generator(*key, first + i),
                colour_jitter=changes.colour_jitter,
                colour_jitter_p=changes.colour_jitter_p,
                noise_p=changes.noise_p,
            )
            for i, patch in enumerate(patch_pixels.read(patches, self.photos, side_px=self.side_px))
        ]
        side = int(seeds.generator(*key, first, ZOOM).choice(list(changes.sides_px)))
        labels = torch.from_numpy(patches["label"].to_numpy(np.int64))
        return patch_pixels.resized(torch.stack(pixels), side_px=side), labels
