"""Macro-F1 of predictions with one label or several: each class counts as much as any other."""

import numpy as np
from jaxtyping import Bool


def macro_f1(truth: Bool[np.ndarray, "n c"], predicted: Bool[np.ndarray, "n c"]) -> float:
    """Mean over classes of ``F1 = 2 tp / (2 tp + fp + fn)``, over those classes that occur in ``truth``.

    A class that nothing in ``truth`` is labelled with could only score 0, or nothing: it is left out, for every
    method alike. A class that is never predicted scores 0.

    Args:
        truth, predicted: (n, c) True where an item has a class; in a row of a single-label task exactly one.

    Raises:
        ValueError: ``truth`` holds no label.
    """
    occurs = truth.any(axis=0)
    if not occurs.any():
        raise ValueError(f"truth of shape {truth.shape} holds no label; give at least one labelled item")
    right = np.sum(truth & predicted, axis=0)
    total = truth.sum(axis=0) + predicted.sum(axis=0)  # 2 tp + fp + fn
    return float(np.mean(2 * right[occurs] / total[occurs]))
