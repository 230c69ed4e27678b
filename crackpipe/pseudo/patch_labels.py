"""Where a training photograph's own patch labels leave room for a crack: the weak supervision, pixel by pixel."""

from collections.abc import Iterable
from pathlib import Path

import numpy as np
import pyarrow.compute as pc
from jaxtyping import Bool

from crackpipe import tables

Place = tuple[int, int, int]  # row, column and side of a patch, pixels
COLUMNS = ["photo_id", "row_px", "col_px", "side_px", "symmetry", "label", "split"]


def without_crack(patches: Path) -> dict[str, list[Place]]:
    """Patches of each *training* photograph that are labelled none; a photograph without one has an empty list.

    Labels of validation and test patches are never read: they are what the method is judged by.
    """
    table = tables.read(patches, tables.PATCHES, columns=COLUMNS)
    table = table.filter(pc.and_(pc.equal(table["split"], "train"), pc.equal(table["symmetry"], 0)))
    found: dict[str, list[Place]] = {name: [] for name in table["photo_id"].unique().to_pylist()}
    table = table.filter(pc.equal(table["label"], 0))
    columns = [table[name].to_pylist() for name in COLUMNS[:4]]  # a dict for each row would take ten times the memory
    for name, row, col, side in zip(*columns, strict=True):
        found[name].append((row, col, side))
    return found


def possible(none: Iterable[Place], *, height: int, width: int) -> Bool[np.ndarray, "h w"]:
    """False where a patch that covers the pixel is labelled *none*: not one of its pixels is crack."""
    room = np.ones((height, width), np.bool_)
    for row, col, side in none:
        room[row : row + side, col : col + side] = False
    return room
