"""Crack probabilities beside their labels: the check that measures of decisions and of probabilities begin with."""

import numpy as np
from jaxtyping import Float, Float64, Int64, Integer


def checked(
    labels: Integer[np.ndarray, " n"], crack_probability: Float[np.ndarray, " n"]
) -> tuple[Int64[np.ndarray, " n"], Float64[np.ndarray, " n"]]:
    """Return both as 64-bit copies, after checking them.

    Args:
        labels: (n,) 1 crack, 0 none.
        crack_probability: (n,) in [0, 1].

    Raises:
        ValueError: they are empty or differ in length, a label is neither 0 nor 1, or a probability is NaN or
            outside [0, 1].
    """
    if labels.ndim != 1 or labels.shape != crack_probability.shape or not len(labels):
        raise ValueError(
            f"labels have shape {labels.shape} and crack_probability has {crack_probability.shape}; "
            "give one probability for each label, and at least one"
        )
    wrong = np.flatnonzero((labels != 0) & (labels != 1))
    if len(wrong):
        raise ValueError(
            f"labels[{wrong[0]}] is {labels[wrong[0]]} ({len(wrong)} such); use 1 for crack and 0 for none"
        )
    wrong = np.flatnonzero(~((crack_probability >= 0) & (crack_probability <= 1)))  # a NaN compares false
    if len(wrong):
        raise ValueError(
            f"crack_probability[{wrong[0]}] is {crack_probability[wrong[0]]} ({len(wrong)} such); expected [0, 1]: "
            "give softmax outputs, not logits, and look for a diverged training where it is NaN"
        )
    return labels.astype(np.int64), crack_probability.astype(np.float64)


def auroc(negatives: Float[np.ndarray, "n"], positives: Float[np.ndarray, "m"]) -> float | None:
    """Area under the ROC curve: the share of pairs in which the positive scores higher, ties counted half.

    Args:
        negatives, positives: scores of either class.

    Returns:
        A share in [0, 1]; ``None`` where either is empty.
    """
    if not len(negatives) or not len(positives):
        return None
    ranked = np.sort(negatives)
    below = np.searchsorted(ranked, positives, side="left")
    equal = np.searchsorted(ranked, positives, side="right") - below
    return float((below + 0.5 * equal).mean() / len(negatives))
