"""Heads without training: the texts alone, the neighbours, and both (Tip-Adapter)."""

import numpy as np
from jaxtyping import Float32, Float64, Int64

from crackpipe.retrieval import nearest


def zero_shot(
    queries: Float32[np.ndarray, "q d"], classes: Float32[np.ndarray, "2 d"], *, scale: float
) -> Float64[np.ndarray, "q"]:
    """Probability of crack: softmax of ``scale`` × cosine with the texts of both classes (Radford et al. 2021).

    Args:
        queries: embeddings of length 1.
        classes: directions of the texts of no crack and of crack, of length 1.
        scale: inverse temperature.
    """
    return _sigmoid(_text_odds(queries, classes, scale=scale))


def neighbours(
    train: Float32[np.ndarray, "n d"], labels: Int64[np.ndarray, "n"], queries: Float32[np.ndarray, "q d"], *, k: int
) -> Float64[np.ndarray, "q"]:
    """Probability of crack: (cracks among the ``k`` nearest by cosine + ½) / (k + 1); all where there are fewer.

    Half a vote for each class (Jeffreys' prior) keeps the probability off 0 and 1, which ``k`` votes cannot show.

    Args:
        train, queries: embeddings of length 1.
        labels: 1 crack, 0 none.
        k: neighbours that vote.
    """
    _, index = nearest.top(queries, train, k=k)
    return (labels[index].sum(axis=1) + 0.5) / (index.shape[1] + 1)


def tip_adapter(
    train: Float32[np.ndarray, "n d"],
    labels: Int64[np.ndarray, "n"],
    queries: Float32[np.ndarray, "q d"],
    classes: Float32[np.ndarray, "2 d"],
    *,
    scale: float,
    alpha: float,
    beta: float,
) -> Float64[np.ndarray, "q"]:
    """Probability of crack by a cache of training items beside the texts (Zhang et al. 2022, Tip-Adapter, eq. 3–5).

    ``logits = α · exp(−β (1 − q · Fᵀ)) · L + scale · q · Tᵀ``: affinities are summed over the items of a class.

    Args:
        train, queries: embeddings of length 1.
        labels: 1 crack, 0 none.
        classes: directions of the texts of no crack and of crack, of length 1.
        scale: of the cosines with the texts.
        alpha: weight of the cache.
        beta: sharpness with which an affinity falls with distance.
    """
    odds = _text_odds(queries, classes, scale=scale)
    for label, sign in ((1, 1.0), (0, -1.0)):
        affinity = np.exp(-beta * (1 - queries @ train[labels == label].T))
        odds += sign * alpha * affinity.sum(axis=1, dtype=np.float64)
    return _sigmoid(odds)


def _text_odds(
    queries: Float32[np.ndarray, "q d"], classes: Float32[np.ndarray, "2 d"], *, scale: float
) -> Float64[np.ndarray, "q"]:
    return scale * (queries.astype(np.float64) @ (classes[1] - classes[0]).astype(np.float64))


def _sigmoid(odds: Float64[np.ndarray, "q"]) -> Float64[np.ndarray, "q"]:
    return 0.5 * (1 + np.tanh(0.5 * odds))  # without overflow
