"""Does a confidence of 0.9 mean right nine times out of ten? Expected calibration error and its diagram."""

import math
from typing import TypedDict

import numpy as np
from jaxtyping import Float, Integer

from crackpipe.measures import probabilities


class ReliabilityBin(TypedDict):
    """Decisions whose confidence lies in one bin.

    ``bin`` is the bin's centre, ``confidence`` the mean confidence in it, ``accuracy`` the share of right decisions,
    ``count`` their number.
    """

    bin: float
    confidence: float
    accuracy: float
    count: int


def expected_calibration_error(
    labels: Integer[np.ndarray, " n"], crack_probability: Float[np.ndarray, " n"], *, bins: int = 15
) -> float:
    """Mean gap between confidence and accuracy, in [0, 1]: ``ECE = Σ_b (n_b / n) |accuracy_b − confidence_b|``.

    Guo et al., "On Calibration of Modern Neural Networks" (2017), eq. 3; AICL reports it with 15 bins, in percent.
    The confidence is that of the decision (the larger of the two softmax outputs), not of the crack class.

    Args:
        labels: (n,) 1 crack, 0 none.
        crack_probability: (n,) in [0, 1].
        bins: bins of equal width; see :func:`reliability`.

    Raises:
        ValueError: as :func:`reliability` does.
    """
    rows = reliability(labels, crack_probability, bins=bins)
    return math.fsum(row["count"] * abs(row["accuracy"] - row["confidence"]) for row in rows) / len(labels)


def reliability(
    labels: Integer[np.ndarray, " n"], crack_probability: Float[np.ndarray, " n"], *, bins: int = 15
) -> list[ReliabilityBin]:
    """Sort decisions by confidence into ``bins`` equal bins of (0, 1], each closed on the right (Guo et al. 2017).

    The decision is crack where the probability is above 0.5 (at 0.5 itself arg-max takes the first class, no crack).
    Bins without a decision have no accuracy and are left out: with two classes, all those below 0.5.

    Args:
        labels: (n,) 1 crack, 0 none.
        crack_probability: (n,) in [0, 1].
        bins: 1 or more.

    Returns:
        Rows of a reliability diagram, by rising confidence.

    Raises:
        ValueError: labels and probabilities differ in length, are empty or out of range, or ``bins`` is below 1.
    """
    if bins < 1:
        raise ValueError(f"bins is {bins}; at least 1 is needed, the literature uses 15")
    truth, crack = probabilities.checked(labels, crack_probability)
    confidence = np.maximum(crack, 1 - crack)
    right = (crack > 0.5) == (truth == 1)
    place = np.searchsorted(np.linspace(0, 1, bins + 1), confidence, side="left") - 1
    rows: list[ReliabilityBin] = []
    for index in np.unique(place):
        inside = place == index
        rows.append(
            {
                "bin": (int(index) + 0.5) / bins,
                "confidence": float(confidence[inside].mean()),
                "accuracy": float(right[inside].mean()),
                "count": int(inside.sum()),
            }
        )
    return rows
