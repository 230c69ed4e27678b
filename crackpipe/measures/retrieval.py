"""Retrieval between images and texts: recall among the first k, and attribute matches of the first."""

import math
from collections.abc import Collection, Iterator, Sequence

import numpy as np
from jaxtyping import Bool, Float, Int

BLOCK = 2**24  # similarities that are held at once: 64 MiB
SCALING_K = 10  # of R@k over shares of the captions (BridgeCLIP's model card, "Data-scaling result")


def recall(
    queries: Float[np.ndarray, "q d"],
    gallery: Float[np.ndarray, "g d"],
    *,
    query_captions: Sequence[str],
    gallery_captions: Sequence[str],
    ks: Sequence[int],
) -> dict[str, float]:
    """R@k, as ``{"r<k>": share of the queries with a hit among the k most similar items}``.

    A hit is any item with the query's caption. Items of another caption that are as similar as the best hit count as
    before it, so that equal vectors find nothing. A query whose caption no item has is a miss.

    Args:
        queries, gallery: L2-normalised embeddings; similarity is their cosine, in float32.
        query_captions, gallery_captions: the caption of each.
        ks: numbers of items, 1 or more.

    Raises:
        ValueError: there is no query, no item, or not one caption for each of them.
    """
    before = ranks(queries, gallery, query_captions=query_captions, gallery_captions=gallery_captions)
    return {f"r{k}": float(np.mean(before < k)) for k in ks}


def ranks(
    queries: Float[np.ndarray, "q d"],
    gallery: Float[np.ndarray, "g d"],
    *,
    query_captions: Sequence[str],
    gallery_captions: Sequence[str],
) -> Float[np.ndarray, "q"]:
    """Number of items that stand before the first hit of each query, infinite where there is none; see :func:`recall`.

    Args:
        queries, gallery, query_captions, gallery_captions: as for :func:`recall`.

    Raises:
        ValueError: as :func:`recall` does.
    """
    query_codes, item_codes = _codes(query_captions, gallery_captions, queries=len(queries), items=len(gallery))
    before = np.empty(len(queries))
    for part, similarity in _blocks(queries, gallery):
        match = query_codes[part, None] == item_codes[None, :]
        best = np.where(match, similarity, -np.inf).max(axis=1)
        others = np.sum((similarity >= best[:, None]) & ~match, axis=1)
        before[part] = np.where(match.any(axis=1), others, np.inf)
    return before


def chance(*, query_captions: Sequence[str], gallery_captions: Sequence[str], ks: Sequence[int]) -> dict[str, float]:
    """R@k to be expected of a gallery in random order, exactly: the mean of ``1 − C(g − c, k) / C(g, k)``.

    g is the number of items, c that of the items with the query's caption (hypergeometric: none of them among k).

    Args:
        query_captions, gallery_captions, ks: as for :func:`recall`.

    Raises:
        ValueError: there is no query or no item.
    """
    counts = (len(query_captions), len(gallery_captions))
    query_codes, item_codes = _codes(query_captions, gallery_captions, queries=counts[0], items=counts[1])
    items = len(item_codes)
    items_of = np.bincount(item_codes, minlength=int(query_codes.max()) + 1)
    hits, times = np.unique(items_of[query_codes], return_counts=True)
    expected = {}
    for k in ks:
        drawn = min(k, items)
        none = [math.comb(items - int(c), drawn) / math.comb(items, drawn) for c in hits]
        expected[f"r{k}"] = 1 - float(np.average(none, weights=times))
    return expected


def attribute_match(
    queries: Float[np.ndarray, "q d"],
    gallery: Float[np.ndarray, "g d"],
    *,
    query_labels: Sequence[Collection[str]],
    gallery_labels: Sequence[Collection[str]],
    unlabelled: bool = False,
) -> tuple[float | None, float | None]:
    """AttrMatch@1 and what chance gives: the share of queries whose most similar item shares a label with them.

    BridgeCLIP's model card, "Attribute-based retrieval". Queries without a label are left out; of items that are
    equally similar the first one counts. Chance is the mean share of the items that share a label.

    Args:
        queries, gallery: L2-normalised embeddings; similarity is their cosine, in float32.
        query_labels, gallery_labels: any number of labels of each.
        unlabelled: whether items without a label can be found, which is a miss; else they are left out.

    Returns:
        Both ``None`` where no query or no item has a label.
    """
    query_rows, item_rows = ([i for i, own in enumerate(labels) if own] for labels in (query_labels, gallery_labels))
    if not query_rows or not item_rows:
        return None, None
    if unlabelled:
        item_rows = list(range(len(gallery_labels)))
    names = sorted({name for labels in (query_labels, gallery_labels) for own in labels for name in own})
    of_queries = indicators([query_labels[i] for i in query_rows], names).astype(np.float32)
    of_items = indicators([gallery_labels[i] for i in item_rows], names).astype(np.float32)
    hits, shares = [], []
    for part, similarity in _blocks(queries[query_rows], gallery[item_rows]):
        shared = of_queries[part] @ of_items.T > 0
        hits.append(np.take_along_axis(shared, similarity.argmax(axis=1)[:, None], axis=1)[:, 0])
        shares.append(shared.mean(axis=1))
    return float(np.concatenate(hits).mean()), float(np.concatenate(shares).mean())


def indicators(labels: Sequence[Collection[str]], classes: Sequence[str]) -> Bool[np.ndarray, "n c"]:
    """Mark for each item which of the ``classes`` it is labelled with."""
    return np.array([[name in own for name in classes] for own in labels], bool).reshape(len(labels), len(classes))


def _codes(
    query_captions: Sequence[str], gallery_captions: Sequence[str], *, queries: int, items: int
) -> tuple[Int[np.ndarray, "q"], Int[np.ndarray, "g"]]:
    """Numbers for captions: equal where captions are equal."""
    lengths = len(query_captions), len(gallery_captions)
    if lengths != (queries, items) or not queries or not items:
        raise ValueError(
            f"{queries} queries have {lengths[0]} captions and {items} items have {lengths[1]}; give one caption for "
            "each, and at least one of each"
        )
    codes = np.unique(np.array([*query_captions, *gallery_captions], dtype=object), return_inverse=True)[1]
    return codes[:queries], codes[queries:]


def _blocks(
    queries: Float[np.ndarray, "q d"], gallery: Float[np.ndarray, "g d"]
) -> Iterator[tuple[slice, Float[np.ndarray, "b g"]]]:
    """Cosines of some queries after the other with the whole gallery."""
    items = gallery.astype(np.float32).T
    step = max(1, BLOCK // max(1, len(gallery)))
    for start in range(0, len(queries), step):
        part = slice(start, min(start + step, len(queries)))
        yield part, queries[part].astype(np.float32) @ items
