"""Patch maps: a classifier's crack probability on overlapping patches, averaged (König et al., III-B)."""

from collections.abc import Iterator, Sequence

import numpy as np
import torch
from jaxtyping import Float32, Int, UInt8
from torch import Tensor

from crackpipe.classify.classifier import Classifier
from crackpipe.compute.runtime import Runtime
from crackpipe.imaging import images, patch_grid


def patch_cells(
    photographs: Sequence[UInt8[np.ndarray, "_h _w 3"]],
    model: Classifier,
    runtime: Runtime,
    *,
    side_px: int,
    stride_px: int,
    batch_px: int,
) -> list[Float32[np.ndarray, "_a _b"]]:
    """Crack probability of each stride-sized cell of each photograph, in [0, 1]: the mean of the patches on it.

    Patches of all photographs share batches of about ``batch_px`` pixels. The cells reach over the photograph's lower
    and right border as the patches do; :func:`.localisation_maps.upsampled` cuts them, so that no size of
    photograph shears the map (the public code merges as if padded otherwise).

    Args:
        photographs: RGB, 0–255.
        model: the patch classifier, placed for inference.
        runtime: device and precision.
        side_px, stride_px: of the patches; the side is a multiple of the stride.
        batch_px: pixels of the patches that share a batch.
    """
    scores = _score(photographs, model, runtime, side_px=side_px, stride_px=stride_px, batch_px=batch_px)
    maps = []
    start = 0
    for pixels in photographs:
        rows, cols = (len(starts) for starts in _patch_starts(pixels, side_px=side_px, stride_px=stride_px))
        grid = scores[start : start + rows * cols].reshape(rows, cols)
        start += rows * cols
        maps.append(mean_over_patches(grid, reach=side_px // stride_px))
    return maps


def mean_over_patches(grid: Float32[np.ndarray, "r c"], *, reach: int) -> Float32[np.ndarray, "a b"]:
    """For each stride-sized cell the mean over the patches that cover it (at most ``reach`` × ``reach``).

    Args:
        grid: probability of each patch.
        reach: side of a patch in strides.
    """
    total, count = grid, np.ones_like(grid)
    for axis in (0, 1):
        total, count = (_slide(values, reach=reach, axis=axis) for values in (total, count))
    return total / count


def _slide(values: Float32[np.ndarray, "r c"], *, reach: int, axis: int) -> np.ndarray:
    """Sum over a window of ``reach`` patches, at every position where the window meets one."""
    pad = [(0, 0), (0, 0)]
    pad[axis] = (reach - 1, reach - 1)
    windows = np.lib.stride_tricks.sliding_window_view(np.pad(values, pad), reach, axis=axis)
    return windows.sum(axis=-1, dtype=np.float32)


def _score(
    photographs: Sequence[UInt8[np.ndarray, "_h _w 3"]],
    model: Classifier,
    runtime: Runtime,
    *,
    side_px: int,
    stride_px: int,
    batch_px: int,
) -> Float32[np.ndarray, "n"]:
    """Crack probability of every patch of every photograph."""
    grids = [_patch_starts(photograph, side_px=side_px, stride_px=stride_px) for photograph in photographs]
    # one array from the start: small results kept between large batches would hold the heap's holes open
    scores = np.empty(sum(len(rows) * len(cols) for rows, cols in grids), np.float32)
    size = max(1, batch_px // side_px**2)
    waiting: list[Tensor] = []
    held = done = 0  # patches that wait for a batch, and patches with a score
    for photograph in photographs:
        for band in _bands(photograph, side_px=side_px, stride_px=stride_px):
            waiting.append(band)
            held += len(band)
            if held >= size or done + held == len(scores):
                scores[done : done + held] = model.crack_probability(torch.cat(waiting), runtime).numpy()
                done += held
                waiting, held = [], 0
    return scores


def _patch_starts(
    photograph: UInt8[np.ndarray, "h w 3"], *, side_px: int, stride_px: int
) -> tuple[Int[np.ndarray, "r"], Int[np.ndarray, "c"]]:
    """First rows and columns of a photograph's patches."""
    height, width = photograph.shape[:2]
    rows = patch_grid.starts(height, side_px=side_px, stride_px=stride_px)
    return rows, patch_grid.starts(width, side_px=side_px, stride_px=stride_px)


def _bands(
    photograph: UInt8[np.ndarray, "h w 3"], *, side_px: int, stride_px: int
) -> Iterator[UInt8[Tensor, "c 3 s s"]]:
    """The patches of a photograph, one row of the grid at a time."""
    rows, cols = _patch_starts(photograph, side_px=side_px, stride_px=stride_px)
    bottom = int(rows[-1]) + side_px - photograph.shape[0]
    right = int(cols[-1]) + side_px - photograph.shape[1]
    padded = torch.from_numpy(images.pad_reflect(photograph, bottom=bottom, right=right)).permute(2, 0, 1)
    for row in rows.tolist():
        band = padded[:, row : row + side_px].unfold(2, side_px, stride_px)  # 3 s c s
        yield band.permute(2, 0, 1, 3).contiguous()
