"""Which patches one epoch of training sees, and their pixels."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol, runtime_checkable

import numpy as np
import pandas as pd
import torch
from jaxtyping import Float16, Int, UInt8
from torch import Tensor
from torchvision.transforms.v2 import functional as F

from crackpipe import images, progress, runtime
from crackpipe.data import augment, photo_cache, slices
from crackpipe.errors import DatasetError

ZOOM = 1  # tells the generator of a batch's size from those of its patches

Batch = tuple[UInt8[Tensor, "b 3 s s"] | Float16[Tensor, "b c h w"], Int[Tensor, "b"]]


@runtime_checkable
class Inputs(Protocol):
    """Where the inputs of a classifier come from: photographs, or what a frozen trunk has seen of them."""

    def plain(self, patches: pd.DataFrame, *, batch: int) -> Iterator[Batch]:
        """The patches as they are, in order."""

    def training(
        self, patches: pd.DataFrame, order: Int[np.ndarray, "m"], *, batch: int, seed: int, epoch: int
    ) -> Iterator[Batch]:
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

    def plain(self, patches: pd.DataFrame, *, batch: int) -> Iterator[Batch]:
        """See :func:`batches`."""
        order, to_px = np.arange(len(patches)), self.augment["sides_px"][0]
        cut = batches(patches, self.photos, order, side_px=self.side_px, batch=batch, workers=self.workers)
        return ((_resized(pixels, side_px=to_px), labels) for pixels, labels in cut)

    def training(
        self, patches: pd.DataFrame, order: Int[np.ndarray, "m"], *, batch: int, seed: int, epoch: int
    ) -> Iterator[Batch]:
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


def draw(
    labels: Int[np.ndarray, "n"], *, count: int, crack_share: float | None, seed: int, epoch: int
) -> Int[np.ndarray, "m"]:
    """Choose ``count`` patches, ``crack_share`` of them cracks, in random order; the same for the same seed and epoch.

    Patches are drawn without replacement while there are enough of a class, else each is drawn equally often. Without
    a ``crack_share`` cracks are as frequent as in ``labels``, which probabilities need that shall hold as they are.

    Raises:
        DatasetError: one of the two classes has no patch.
    """
    check_classes(labels)
    random = runtime.generator(seed, epoch)
    share = int(labels.sum()) / max(len(labels), 1) if crack_share is None else crack_share
    chosen = []
    for label, wanted in ((1, round(count * share)), (0, count - round(count * share))):
        members = np.flatnonzero(labels == label)
        rounds = [random.permutation(members) for _ in range(-(-wanted // len(members)))]
        chosen.append(np.concatenate(rounds)[:wanted] if rounds else members[:0])
    return random.permutation(np.concatenate(chosen))


def check_classes(labels: Int[np.ndarray, "n"]) -> None:
    """Whether a classifier can be taught by patches with these labels.

    Raises:
        DatasetError: one of the two classes has no patch.
    """
    for label, missing, advice in (
        (1, "crack", "lower slice.min_crack_px, or add training photographs that show cracks"),
        (0, "crack-free", "lower slice.side_px, or add training photographs without cracks"),
    ):
        if not (labels == label).any():
            raise DatasetError(
                f"none of the {len(labels)} training patches is {missing}, but a classifier needs both classes; "
                f"{advice}"
            )


def read(patches: pd.DataFrame, photos: Mapping[str, np.ndarray], *, side_px: int) -> UInt8[Tensor, "n 3 s s"]:
    """Cut patches from decoded photographs, resized to ``side_px`` where they were cut larger or smaller."""
    rows = patches[["photo_id", "row_px", "col_px", "side_px", "symmetry"]].itertuples(index=False)
    cut = np.stack([_read_one(photos[row[0]], *row[1:], to_px=side_px) for row in rows])
    return torch.from_numpy(cut).permute(0, 3, 1, 2)


def batches(
    patches: pd.DataFrame,
    photos: Mapping[str, np.ndarray],
    order: Int[np.ndarray, "m"],
    *,
    side_px: int,
    batch: int,
    workers: int,
) -> Iterator[Batch]:
    """Yield the patches at ``order`` in batches of pixels and labels, read ahead by threads."""

    def work(index: Int[np.ndarray, "b"]) -> Batch:
        part = patches.iloc[index]
        return read(part, photos, side_px=side_px), torch.from_numpy(part["label"].to_numpy(np.int64))

    yield from progress.prefetch(work, chunks(order, batch), workers=workers, ahead=2 * workers)


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
) -> Iterator[Batch]:
    """As :func:`batches`, augmented: each patch by (seed, epoch, its place), each batch resized to one of ``sides_px``.

    A smaller side shows the same crack thinner: what another camera, or more distance, would show.
    """

    def work(numbered: tuple[int, Int[np.ndarray, "b"]]) -> Batch:
        first, index = numbered
        part = patches.iloc[index]
        pixels = [
            augment.jitter(
                patch,
                runtime.generator(seed, epoch, first + i),
                colour_jitter=colour_jitter,
                colour_jitter_p=colour_jitter_p,
                noise_p=noise_p,
            )
            for i, patch in enumerate(read(part, photos, side_px=side_px))
        ]
        side = int(runtime.generator(seed, epoch, first, ZOOM).choice(list(sides_px)))
        return _resized(torch.stack(pixels), side_px=side), torch.from_numpy(part["label"].to_numpy(np.int64))

    numbered = ((i * batch, index) for i, index in enumerate(chunks(order, batch)))
    yield from progress.prefetch(work, numbered, workers=workers, ahead=2 * workers)


def chunks(order: Int[np.ndarray, "m"], batch: int) -> Iterator[Int[np.ndarray, "b"]]:
    """Parts of ``batch`` places, the last with the rest."""
    return (order[i : i + batch] for i in range(0, len(order), batch))


def _resized(pixels: UInt8[Tensor, "b 3 s s"], *, side_px: int) -> UInt8[Tensor, "b 3 t t"]:
    if pixels.shape[-1] == side_px:
        return pixels
    return F.resize(pixels, [side_px, side_px], antialias=True)


def _read_one(pixels: np.ndarray, row_px: int, col_px: int, side_px: int, symmetry: int, *, to_px: int) -> np.ndarray:
    patch = photo_cache.crop(pixels, row_px=row_px, col_px=col_px, side_px=side_px)
    if side_px != to_px:
        patch = images.resize(patch, height=to_px, width=to_px, method="area" if side_px > to_px else "linear")
    return np.ascontiguousarray(slices.apply_symmetry(patch, symmetry))
