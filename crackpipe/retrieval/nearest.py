"""The most similar of many vectors, exactly: matrix products block by block, in memory that does not grow with them."""

import numpy as np
import torch
from jaxtyping import Float, Float32, Int64
from torch import Tensor

from crackpipe.compute import runtime

ROWS = 4096  # vectors of a block, 8 MiB at 512 dimensions
QUERIES = 1024  # queries of a block, 16 MiB of similarities with those
ROUNDING = 2.0**-8  # relative error of a number rounded to bf16, at most


def top(
    queries: Float[np.ndarray, "q d"], gallery: Float[np.ndarray, "n d"], *, k: int
) -> tuple[Float32[np.ndarray, "q m"], Int64[np.ndarray, "q m"]]:
    """The ``k`` (all, where there are fewer) vectors of largest inner product with each query.

    Products are of float32. On a processor that multiplies bf16 matrices much faster, bf16 products with a bound on
    their error first rule out blocks that can hold nothing better: the result is the same. The gallery may be mapped
    from a file: it is read once, block by block.

    Args:
        queries, gallery: vectors of any length.
        k: at least 1.

    Returns:
        the inner products, falling, and the rows of the gallery. The order of equal vectors is unspecified, but the
        same in every call.

    Raises:
        ValueError: ``k`` is below 1 or the gallery is empty.
    """
    if k < 1 or not len(gallery):
        raise ValueError(f"k is {k} and the gallery has {len(gallery)} vectors; give at least one of both")
    vectors = torch.from_numpy(queries.astype(np.float32))
    shape = len(vectors), min(k, len(gallery))
    best, index = torch.full(shape, -torch.inf), torch.zeros(shape, dtype=torch.int64)
    coarsely = runtime.processor_has_bf16()
    for start in range(0, len(gallery), ROWS):
        block = torch.from_numpy(gallery[start : start + ROWS].astype(np.float32))
        for first in range(0, len(vectors), QUERIES):
            part = slice(first, first + QUERIES)
            hopeful = torch.arange(len(vectors[part]))
            if coarsely and start:
                hopeful = torch.nonzero(ceiling(vectors[part], block) > best[part, -1])[:, 0]
            _improve(best[part], index[part], hopeful, vectors[part][hopeful] @ block.T, start=start)
    return best.numpy(), index.numpy()


def ceiling(queries: Float32[Tensor, "q d"], block: Float32[Tensor, "b d"]) -> Float32[Tensor, "q"]:
    """Upper bound of the inner products of each query with a block: the highest bf16 product, and its largest error.

    By Cauchy and Schwarz rounding both factors costs (2u + u²)‖q‖‖v‖, rounding the result u of it; the sum is float32.

    Args:
        queries, block: vectors of any length.
    """
    highest = (queries.bfloat16() @ block.bfloat16().T).amax(dim=1).float()
    length = torch.linalg.vector_norm
    return highest + ROUNDING * (2.1 * length(queries, dim=1) * length(block, dim=1).max() + 1.1 * highest.abs())


def _improve(
    best: Float32[Tensor, "q k"],
    index: Int64[Tensor, "q k"],
    queries: Int64[Tensor, "h"],
    similarity: Float32[Tensor, "h b"],
    *,
    start: int,
) -> None:
    """Merge a block's similarities with some queries into the best so far, in place.

    Args:
        best, index: similarities and rows of the gallery, of all queries.
        queries: rows of ``best`` that ``similarity`` belongs to.
        similarity: of these queries with the block.
        start: row of the gallery where the block begins.
    """
    # a maximum costs a fraction of a selection, and most blocks hold nothing better for most queries
    improved = torch.nonzero(similarity.amax(dim=1) > best[queries, -1])[:, 0]
    highest, column = similarity[improved].topk(min(best.shape[1], similarity.shape[1]), dim=1)
    better = queries[improved]
    both = torch.cat([best[better], highest], dim=1)
    rows = torch.cat([index[better], column + start], dim=1)
    best[better], order = both.topk(best.shape[1], dim=1)
    index[better] = rows.gather(1, order)
