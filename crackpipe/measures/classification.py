"""Scores of a crack / no crack classifier. Crack is the positive class."""

import numpy as np
from jaxtyping import Float, Integer

from crackpipe.measures import calibration, probabilities


def scores(
    labels: Integer[np.ndarray, " n"], crack_probability: Float[np.ndarray, " n"]
) -> dict[str, float | int | None]:
    """Score the decisions "crack where the probability is above 0.5", and the probabilities behind them.

    Args:
        labels: (n,) 1 crack, 0 none.
        crack_probability: (n,) in [0, 1].

    Returns:
        ``precision``, ``recall``, ``f1``, ``accuracy``, ``sensitivity`` (the recall of crack), ``specificity`` (the
        recall of no crack): of the decisions; 0 where the denominator is 0, as in scikit-learn.
        ``auc``: area under the ROC curve; ``pr_auc``: average precision, the step sum ``Σ (R_i − R_{i−1}) P_i`` over
        all distinct probabilities (no interpolation). Both are ``None`` (``null`` in JSON) where ``labels`` hold one
        class only, for there is nothing to rank.
        ``ece`` … ``brier``: :func:`crackpipe.measures.calibration.errors`, 15 bins (shares, not percent).
        ``n``: labels.

    Raises:
        ValueError: they are empty or differ in length, a label is neither 0 nor 1, or a probability is NaN or
            outside [0, 1].
    """
    truth, probability = probabilities.checked(labels, crack_probability)
    crack, decided = truth == 1, probability > 0.5
    tp, fp = int(np.sum(crack & decided)), int(np.sum(~crack & decided))
    fn, tn = int(np.sum(crack & ~decided)), int(np.sum(~crack & ~decided))
    auc, pr_auc = _ranking(truth, probability)
    return {
        "precision": _share(tp, tp + fp),
        "recall": _share(tp, tp + fn),
        "f1": _share(2 * tp, 2 * tp + fp + fn),
        "accuracy": _share(tp + tn, len(truth)),
        "sensitivity": _share(tp, tp + fn),
        "specificity": _share(tn, tn + fp),
        "auc": auc,
        "pr_auc": pr_auc,
        **calibration.errors(truth, probability),
        "n": len(truth),
    }


def _ranking(truth: np.ndarray, probability: np.ndarray) -> tuple[float | None, float | None]:
    if truth.min() == truth.max():
        return None, None
    auc = probabilities.auroc(probability[truth == 0], probability[truth == 1])
    return auc, average_precision(truth, probability)


def average_precision(truth: Integer[np.ndarray, "n"], score: Float[np.ndarray, "n"]) -> float:
    """Average precision: the step sum ``Σ (R_i − R_{i−1}) P_i`` over all distinct scores, from the highest down.

    Args:
        truth: 1 crack, 0 none; at least one crack.
        score: larger is more of a crack; NaN is not allowed.
    """
    levels, index, counts = np.unique(-score, return_inverse=True, return_counts=True)
    cracks = np.bincount(index, weights=truth, minlength=len(levels))
    precision = np.cumsum(cracks) / np.cumsum(counts)
    return float((cracks * precision).sum() / cracks.sum())


def _share(part: int, whole: int) -> float:
    return part / whole if whole else 0.0
