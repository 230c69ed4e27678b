"""Pieces of a mask joined to cracks: a crack that is seen as dashes is one crack."""

import numpy as np
from jaxtyping import Bool, Float64, Integer
from scipy import ndimage, sparse
from scipy.spatial import cKDTree
from skimage.draw import line

TOUCHING = np.ones((3, 3), bool)  # pixels touch by their sides and corners


def join(mask: Bool[np.ndarray, "h w"], *, gap_px: float) -> Integer[np.ndarray, "h w"]:
    """Number the cracks of a mask, and bridge the gaps within each by lines one pixel wide.

    Pieces belong to one crack where no more than ``gap_px`` pixels lie between them, from edge to edge. Of all bridges
    between the pieces of a crack the shortest are built that join them without a ring (a minimum spanning tree).

    Args:
        mask: True on cracks.
        gap_px: 0 joins nothing.

    Returns:
        Numbers of the cracks from 1 on, by their first pixel in reading order, on the mask and on bridges; 0 elsewhere.
    """
    pieces, count = ndimage.label(mask, TOUCHING)
    if gap_px > 0 and count > 1:
        joined = mask.copy()
        for first, second in _shortest(pieces, count, reach_px=gap_px + 1):  # distance of centres
            joined[line(*first, *second)] = True
        pieces, _ = ndimage.label(joined, TOUCHING)
    return pieces.astype(np.int32)


def _shortest(pieces: Integer[np.ndarray, "h w"], count: int, *, reach_px: float) -> Integer[np.ndarray, "m 2 2"]:
    """Ends (row, column) of the bridges."""
    inner = ndimage.minimum_filter(pieces, footprint=ndimage.generate_binary_structure(2, 1), mode="nearest")
    edge = np.argwhere((pieces > 0) & (inner != pieces))
    owner = pieces[tuple(edge.T)]
    pairs = cKDTree(edge).query_pairs(reach_px, output_type="ndarray")
    pairs = pairs[owner[pairs[:, 0]] != owner[pairs[:, 1]]]
    if not len(pairs):
        return np.zeros((0, 2, 2), np.int64)
    length = np.linalg.norm(edge[pairs[:, 0]] - edge[pairs[:, 1]], axis=1)
    low, high = np.sort(owner[pairs], axis=1).T.astype(np.int64)
    order = np.lexsort((*pairs.T[::-1], length, high, low))  # of each two pieces the nearest pixels first
    key = low[order] * (count + 1) + high[order]
    nearest = order[np.append(True, key[1:] != key[:-1])]
    return np.stack([edge[pairs[nearest][chosen]] for chosen in _tree(low[nearest], high[nearest], length[nearest])])


def _tree(
    low: Integer[np.ndarray, "m"], high: Integer[np.ndarray, "m"], length: Float64[np.ndarray, "m"]
) -> Integer[np.ndarray, "t"]:
    """Rows of the bridges that a minimum spanning tree keeps."""
    size = int(high.max()) + 1
    graph = sparse.coo_matrix((length, (low, high)), shape=(size, size)).tocsr()
    kept = sparse.csgraph.minimum_spanning_tree(graph).tocoo()
    wanted = set(zip(kept.row.tolist(), kept.col.tolist(), strict=True))
    return np.array([i for i, pair in enumerate(zip(low.tolist(), high.tolist(), strict=True)) if pair in wanted])
