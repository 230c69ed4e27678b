"""Pixels of a training photograph that its own patch labels leave open for a crack: the weak supervision."""

from collections.abc import Iterable
from pathlib import Path

import numpy as np
import pyarrow.compute as pc
from jaxtyping import Bool

from crackpipe.files import parquet, schemas

PatchBox = tuple[int, int, int]  # row, column and side of a patch, pixels
COLUMNS = ["photo_id", "row_px", "col_px", "side_px", "symmetry", "label", "split"]


def crack_free_patches(patches: Path) -> dict[str, list[PatchBox]]:
    """Read the patches of each *training* photograph that are labelled none.

    Labels of validation and test patches are never read: the method is judged by them.

    Args:
        patches: the ``patches`` table.

    Returns:
        Row, column and side of the patches, by photo_id. A training photograph whose patches all show a crack has an
        empty list; photographs of other splits are left out.

    Raises:
        TableError: the table is missing, or its columns are not the schema's.
    """
    boxes: dict[str, list[PatchBox]] = {}
    for batch in parquet.batches(patches, schemas.PATCHES, columns=COLUMNS, rows=8192):
        training = batch.filter(pc.and_(pc.equal(batch["split"], "train"), pc.equal(batch["symmetry"], 0)))
        for photo_id in training["photo_id"].unique().to_pylist():
            boxes.setdefault(photo_id, [])
        crack_free = training.filter(pc.equal(training["label"], 0))
        columns = [crack_free[name].to_pylist() for name in COLUMNS[:4]]  # rows as dicts take ten times the memory
        for photo_id, row, col, side in zip(*columns, strict=True):
            boxes[photo_id].append((row, col, side))
    return boxes


def crack_possible(crack_free: Iterable[PatchBox], *, height: int, width: int) -> Bool[np.ndarray, "h w"]:
    """Mark the pixels that may be crack: False where a patch that covers the pixel is labelled *none*.

    Args:
        crack_free: patches labelled none.
        height, width: of the photograph, pixels.
    """
    possible = np.ones((height, width), np.bool_)
    for row, col, side in crack_free:
        possible[row : row + side, col : col + side] = False
    return possible
