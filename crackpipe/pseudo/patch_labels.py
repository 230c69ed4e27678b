"""Where a training photograph's own patch labels leave room for a crack: the weak supervision, pixel by pixel."""

from collections.abc import Iterable
from pathlib import Path

import numpy as np
import pyarrow.compute as pc
from jaxtyping import Bool

from crackpipe.files import parquet, schemas

Place = tuple[int, int, int]  # row, column and side of a patch, pixels
COLUMNS = ["photo_id", "row_px", "col_px", "side_px", "symmetry", "label", "split"]


def without_crack(patches: Path) -> dict[str, list[Place]]:
    """Patches of each *training* photograph that are labelled none; a photograph without one has an empty list.

    Labels of validation and test patches are never read: they are what the method is judged by.
    """
    found: dict[str, list[Place]] = {}
    for batch in parquet.batches(patches, schemas.PATCHES, columns=COLUMNS, rows=8192):
        own = batch.filter(pc.and_(pc.equal(batch["split"], "train"), pc.equal(batch["symmetry"], 0)))
        for name in own["photo_id"].unique().to_pylist():
            found.setdefault(name, [])
        none = own.filter(pc.equal(own["label"], 0))
        columns = [none[name].to_pylist() for name in COLUMNS[:4]]  # a dict for each row would take ten times as much
        for name, row, col, side in zip(*columns, strict=True):
            found[name].append((row, col, side))
    return found


def possible(none: Iterable[Place], *, height: int, width: int) -> Bool[np.ndarray, "h w"]:
    """False where a patch that covers the pixel is labelled *none*: not one of its pixels is crack."""
    room = np.ones((height, width), np.bool_)
    for row, col, side in none:
        room[row : row + side, col : col + side] = False
    return room
