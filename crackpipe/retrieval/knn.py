"""k nearest neighbours by cosine: the labels of the most similar items vote."""

import numpy as np
from jaxtyping import Bool, Float

from crackpipe.retrieval import nearest


def predict(
    train: Float[np.ndarray, "n d"],
    labels: Bool[np.ndarray, "n c"],
    queries: Float[np.ndarray, "q d"],
    *,
    several: bool,
    k: int,
    weighted: bool,
) -> Bool[np.ndarray, "q c"]:
    """Labels of the queries, by a vote of their ``k`` most similar items (all, where there are fewer).

    Args:
        train, queries: L2-normalised embeddings.
        labels: which of c classes each item of ``train`` has.
        several: whether an item may have several labels, or none: then each class with at least half of the votes is
            predicted. Else the class with most votes; among equals that whose voters are more similar, then the first.
        k: items that vote, at least 1.
        weighted: whether a vote counts as much as its voter is similar (cosine, at least 0); else each counts 1.
    """
    similarity, index = nearest.top(queries, train, k=k)
    voters = labels[index]
    weights = np.maximum(similarity, 0) if weighted else np.ones_like(similarity)
    votes = np.einsum("qk,qkc->qc", weights, voters)
    if several:
        # a hair below a half: float32 sums of equal parts may differ in their last bits
        return (votes >= (0.5 - 1e-6) * weights.sum(axis=1, keepdims=True)) & voters.any(axis=1)
    leading = np.isclose(votes, votes.max(axis=1, keepdims=True))
    closeness = np.where(leading, np.einsum("qk,qkc->qc", similarity, voters), -np.inf)
    return np.arange(labels.shape[1]) == closeness.argmax(axis=1)[:, None]
