"""Patches as coordinates, with labels of whether they show a crack (König et al., section IV-A)."""

from collections.abc import Iterable
from typing import Any

import numpy as np
import pyarrow as pa
from jaxtyping import Bool, Int

from crackpipe.files import schemas
from crackpipe.imaging import images, patch_grid


def crack_px(
    mask: Bool[np.ndarray, "h w"], rows: Int[np.ndarray, "r"], cols: Int[np.ndarray, "c"], *, side_px: int
) -> Int[np.ndarray, "r c"]:
    """Count the crack pixels inside each patch of a grid, by one summed-area table.

    Args:
        mask: (h, w) True = crack.
        rows, cols: first pixels of the patches; see :func:`crackpipe.imaging.patch_grid.starts`.
        side_px: of the patches; they may stand over the lower and right border.
    """
    height, width = mask.shape
    area = np.zeros((height + 1, width + 1), np.int64)
    np.cumsum(np.cumsum(mask, axis=0, dtype=np.int64), axis=1, out=area[1:, 1:])
    top, bottom = rows[:, None], np.minimum(rows + side_px, height)[:, None]
    left, right = cols[None, :], np.minimum(cols + side_px, width)[None, :]
    return area[bottom, right] - area[top, right] - area[bottom, left] + area[top, left]


def cut(
    photos: Iterable[dict[str, Any]], *, side_px: int, stride_px: int, symmetries: int, min_crack_px: int
) -> pa.Table:
    """List the patches of all photographs as rows of the ``patches`` table.

    A photograph with a mask is cut into a grid, and a patch is crack if at least ``min_crack_px`` of its pixels are.
    One with a label only becomes one patch, its central square: a part of it need not show the crack. One with
    neither is left out. Training patches are listed once for each of the first ``symmetries`` of
    :data:`crackpipe.imaging.patch_grid.SYMMETRIES`, the others once.

    Args:
        photos: rows with photo_id, split, height_px, width_px, mask and label, ascending in photo_id.
        side_px, stride_px: of the grid, 1 or more.
        symmetries: 1 … 8.
        min_crack_px: 1 or more.
    """
    columns: dict[str, list[np.ndarray]] = {name: [] for name in schemas.PATCHES.columns.names}
    for photo in photos:
        if photo["mask"] is not None:
            mask = images.decode_mask(photo["mask"])
            rows = patch_grid.starts(mask.shape[0], side_px=side_px, stride_px=stride_px)
            cols = patch_grid.starts(mask.shape[1], side_px=side_px, stride_px=stride_px)
            labels = crack_px(mask, rows, cols, side_px=side_px) >= min_crack_px
            side = side_px
        elif photo["label"] is not None:
            side = min(photo["height_px"], photo["width_px"])
            rows = np.array([(photo["height_px"] - side) // 2], np.int32)
            cols = np.array([(photo["width_px"] - side) // 2], np.int32)
            labels = np.array([[photo["label"] == 1]])
        else:
            continue
        turns = symmetries if photo["split"] == "train" else 1
        n = labels.size * turns
        columns["photo_id"].append(np.full(n, photo["photo_id"], object))
        columns["row_px"].append(np.repeat(rows, len(cols) * turns).astype(np.int32))
        columns["col_px"].append(np.tile(np.repeat(cols, turns), len(rows)).astype(np.int32))
        columns["side_px"].append(np.full(n, side, np.int32))
        columns["symmetry"].append(np.tile(np.sort(patch_grid.SYMMETRIES[:turns]).astype(np.int8), labels.size))
        columns["label"].append(np.repeat(labels.astype(np.int8).ravel(), turns))
        columns["split"].append(np.full(n, photo["split"], object))
    arrays = [
        pa.array(np.concatenate(columns[field.name]) if columns[field.name] else [], field.type)
        for field in schemas.PATCHES.columns
    ]
    return pa.Table.from_arrays(arrays, schema=schemas.PATCHES.columns)
