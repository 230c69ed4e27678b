"""Pixels of patches: cut from decoded photographs, resized, in batches that threads read ahead."""

from collections.abc import Iterator, Mapping

import numpy as np
import pandas as pd
import torch
from jaxtyping import Float16, Int, UInt8
from torch import Tensor

from crackpipe.compute import parallel
from crackpipe.imaging import images, patch_grid

PatchBatch = tuple[UInt8[Tensor, "b 3 s s"] | Float16[Tensor, "b c h w"], Int[Tensor, "b"]]
"""Pixels of patches, RGB 0–255, or features of them; and their labels, 1 crack, 0 none."""


def read(patches: pd.DataFrame, photos: Mapping[str, np.ndarray], *, side_px: int) -> UInt8[Tensor, "n 3 s s"]:
    """Cut patches from decoded photographs, resized to ``side_px`` where they were cut larger or smaller.

    Args:
        patches: rows of the ``patches`` table, at least one.
        photos: RGB pixels (h, w, 3), 0–255, by photo_id.
        side_px: s, 1 or more.
    """
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
) -> Iterator[PatchBatch]:
    """Yield the patches at ``order`` in batches of pixels and labels, read ahead by threads.

    Args:
        patches, photos, side_px: see :func:`read`.
        order: (m,) rows of ``patches``.
        batch: patches in a batch; the last has the rest.
        workers: threads.
    """

    def cut(rows: Int[np.ndarray, "b"]) -> PatchBatch:
        part = patches.iloc[rows]
        return read(part, photos, side_px=side_px), torch.from_numpy(part["label"].to_numpy(np.int64))

    yield from parallel.prefetch(cut, chunks(order, batch), workers=workers, ahead=2 * workers)


def chunks(order: Int[np.ndarray, "m"], batch: int) -> Iterator[Int[np.ndarray, "b"]]:
    """Cut an order into parts of ``batch``, the last with the rest."""
    return (order[i : i + batch] for i in range(0, len(order), batch))


def resized(pixels: UInt8[Tensor, "b 3 s s"], *, side_px: int) -> UInt8[Tensor, "b 3 t t"]:
    """Resize a batch to ``side_px``, smoothed where it shrinks."""
    if pixels.shape[-1] == side_px:
        return pixels
    from torchvision.transforms.v2 import functional as F  # 2 s

    return F.resize(pixels, [side_px, side_px], antialias=True)


def _read_one(pixels: np.ndarray, row_px: int, col_px: int, side_px: int, symmetry: int, *, to_px: int) -> np.ndarray:
    patch = patch_grid.crop(pixels, row_px=row_px, col_px=col_px, side_px=side_px)
    if side_px != to_px:
        patch = images.resize(patch, height=to_px, width=to_px, method="area" if side_px > to_px else "linear")
    return np.ascontiguousarray(patch_grid.apply_symmetry(patch, symmetry))
