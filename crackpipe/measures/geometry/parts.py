"""A large mask cut into parts that can be measured alone: the memory of a crack, not of the photograph."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Integer
from scipy import ndimage, sparse

from crackpipe.measures.geometry.bridging import TOUCHING


@dataclass(frozen=True, slots=True)
class Part:
    """Pieces of a mask that may belong together.

    Attributes:
        rows, cols: where it lies in the whole mask, with a margin on every side where there is room.
        mask: True on its own pieces alone.
    """

    rows: slice
    cols: slice
    mask: Bool[np.ndarray, "h w"]


def split(
    mask: Bool[np.ndarray, "h w"],
    *,
    certain: Bool[np.ndarray, "h w"] | None,
    gap_px: float,
    least_px: float,
    margin_px: int,
) -> Iterator[Part]:
    """Cut a mask into parts, by their first row and column.

    Two pieces whose boxes have no more than ``gap_px`` pixels between them are in one part.

    Args:
        mask: True on what may be crack.
        certain: pieces without a True pixel of it are left out; ``None`` leaves none out.
        gap_px: see :func:`bridging.join`.
        least_px: parts of fewer pixels are left out.
        margin_px: of a part beyond its pieces.
    """
    pieces, count = ndimage.label(mask, TOUCHING)
    if not count:
        return
    sizes = np.bincount(pieces[mask], minlength=count + 1)
    wanted = np.ones(count + 1, bool) if certain is None else np.bincount(pieces[certain], minlength=count + 1) > 0
    wanted[0] = False
    boxes = ndimage.find_objects(pieces)
    numbers = np.flatnonzero(wanted)
    if not len(numbers):
        return
    corners = np.array([[r.start, c.start, r.stop, c.stop] for r, c in (boxes[number - 1] for number in numbers)])
    group = _near(corners, gap_px=gap_px)
    owner = np.full(count + 1, -1)
    owner[numbers] = group
    held = np.bincount(group, weights=sizes[numbers])
    order = np.argsort(group, kind="stable")
    first = np.flatnonzero(np.diff(group[order], prepend=-1))
    low = np.minimum.reduceat(corners[order, :2], first)
    high = np.maximum.reduceat(corners[order, 2:], first)
    for one in np.lexsort((low[:, 1], low[:, 0])).tolist():
        if held[one] >= least_px:
            top, left = (low[one] - margin_px).clip(0).tolist()
            bottom, right = np.minimum(high[one] + margin_px, mask.shape).tolist()
            rows, cols = slice(top, bottom), slice(left, right)
            yield Part(rows, cols, owner[pieces[rows, cols]] == one)


def _near(corners: Integer[np.ndarray, "n 4"], *, gap_px: float) -> Integer[np.ndarray, "n"]:
    """Number the groups of boxes (top, left, bottom, right) that are joined by gaps of at most ``gap_px``."""
    order = np.argsort(corners[:, 0], kind="stable")
    tops = corners[order, 0]
    pairs = []
    for place, one in enumerate(order.tolist()):
        end = int(np.searchsorted(tops, corners[one, 2] + gap_px, side="right"))
        later = order[place + 1 : end]
        beside = (corners[later, 1] <= corners[one, 3] + gap_px) & (corners[later, 3] + gap_px >= corners[one, 1])
        pairs.append(np.stack([np.full(int(beside.sum()), one), later[beside]]))
    first, second = np.concatenate(pairs, axis=1)
    graph = sparse.coo_matrix((np.ones(len(first)), (first, second)), shape=(len(corners), len(corners)))
    return np.asarray(sparse.csgraph.connected_components(graph, directed=False)[1])
