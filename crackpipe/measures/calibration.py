"""Calibration errors and their diagram: is a decision of confidence 0.9 right nine times out of ten?"""

import math
from typing import TypedDict

import numpy as np
from jaxtyping import Bool, Float, Integer

from crackpipe.measures import probabilities, uncertainty


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
    return math.fsum(row["count"] / len(labels) * abs(row["accuracy"] - row["confidence"]) for row in rows)


def errors(
    labels: Integer[np.ndarray, " n"], crack_probability: Float[np.ndarray, " n"], *, bins: int = 15
) -> dict[str, float]:
    """Measure the calibration of one set of decisions in every way; shares, not percent.

    Args:
        labels: (n,) 1 crack, 0 none.
        crack_probability: (n,) in [0, 1].
        bins: see :func:`reliability`.

    Returns:
        ``ece``: :func:`expected_calibration_error`. ``overconfidence`` and ``underconfidence``: its two parts, from the
        bins where the confidence exceeds the accuracy and from the others; they sum to ``ece``. ``mce``: the largest
        gap of a bin (Naeini et al. 2015). ``ece_adaptive``: with bins of equal count, not width (Nguyen and
        O'Connor 2015; of the decision's confidence, where Nixon et al. 2019 take every class). ``ece_classwise``: mean
        over both classes of ``Σ_b (n_b / n) |share of the class − mean probability of the class|`` (Kull et al. 2019,
        eq. 3). ``nll``: mean negative log likelihood, probabilities kept 1e-12 from 0. ``brier``: mean of
        ``(crack_probability − label)²``.

    Raises:
        ValueError: as :func:`reliability` does.
    """
    truth, crack = probabilities.checked(labels, crack_probability)
    rows = reliability(labels, crack_probability, bins=bins)
    gaps = [(row["count"] / len(truth), row["confidence"] - row["accuracy"]) for row in rows]
    confidence, right = _decisions(truth, crack)
    return {
        "ece": math.fsum(share * abs(gap) for share, gap in gaps),
        "ece_adaptive": _adaptive(confidence, right, bins=bins),
        "ece_classwise": (_gap(crack, truth == 1, bins=bins) + _gap(1 - crack, truth == 0, bins=bins)) / 2,
        "mce": max(abs(gap) for _, gap in gaps),
        "overconfidence": math.fsum(share * gap for share, gap in gaps if gap > 0),
        "underconfidence": math.fsum(-share * gap for share, gap in gaps if gap < 0),
        "nll": uncertainty.nll(truth, crack),
        "brier": uncertainty.brier(truth, crack),
    }


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
    confidence, right = _decisions(truth, crack)
    bin_of = bin_index(confidence, bins=bins)
    rows: list[ReliabilityBin] = []
    for index in np.unique(bin_of):
        inside = bin_of == index
        rows.append(
            {
                "bin": (int(index) + 0.5) / bins,
                "confidence": float(confidence[inside].mean()),
                "accuracy": float(right[inside].mean()),
                "count": int(inside.sum()),
            }
        )
    return rows


def _decisions(
    truth: Integer[np.ndarray, " n"], crack: Float[np.ndarray, " n"]
) -> tuple[Float[np.ndarray, " n"], Bool[np.ndarray, " n"]]:
    """Confidence of each decision, and True where it is right."""
    return np.maximum(crack, 1 - crack), (crack > 0.5) == (truth == 1)


def bin_index(confidence: Float[np.ndarray, " n"], *, bins: int) -> Integer[np.ndarray, " n"]:
    """Index of each confidence's bin among ``bins`` equal ones of (0, 1], closed on the right; 0 is in the first."""
    return np.maximum(np.searchsorted(np.linspace(0, 1, bins + 1), confidence, side="left") - 1, 0)


def _gap(confidence: Float[np.ndarray, " n"], right: Bool[np.ndarray, " n"], *, bins: int) -> float:
    """``Σ_b |Σ_{i in b} (confidence_i − right_i)| / n`` over bins of equal width."""
    excess = np.bincount(bin_index(confidence, bins=bins), weights=confidence - right)
    return float(np.abs(excess).sum() / len(confidence))


def _adaptive(confidence: Float[np.ndarray, " n"], right: Bool[np.ndarray, " n"], *, bins: int) -> float:
    """The same over bins of equal count; equal confidences share the bin of the first of them."""
    ranked = np.sort(confidence)
    bin_of = np.searchsorted(ranked, confidence, side="left") * bins // len(confidence)
    return float(np.abs(np.bincount(bin_of, weights=confidence - right)).sum() / len(confidence))
