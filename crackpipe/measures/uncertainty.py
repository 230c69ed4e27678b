"""Uncertainty of a classifier, and its worth: entropy, referral, pictures of another kind."""

import numpy as np
from jaxtyping import Float, Float64, Int64, Integer

from crackpipe.measures import probabilities

FLOOR = 1e-12  # in float64, which :func:`probabilities.checked` makes of any probability


def entropy(crack_probability: Float[np.ndarray, "*n"]) -> Float[np.ndarray, "*n"]:
    """Entropy of a decision between two classes, in nats: 0 where one is certain, ln 2 = 0.693 at one half.

    Args:
        crack_probability: in [0, 1]; it is kept :data:`FLOOR` from 0 and 1.
    """
    p = np.clip(crack_probability.astype(np.float64), FLOOR, 1 - FLOOR)
    return -(p * np.log(p) + (1 - p) * np.log1p(-p))


def nll(labels: Integer[np.ndarray, "n"], crack_probability: Float[np.ndarray, "n"]) -> float:
    """Mean negative log likelihood of the labels, in nats; see :func:`losses`.

    Raises:
        ValueError: as :func:`probabilities.checked` does.
    """
    return float(losses(*probabilities.checked(labels, crack_probability)).mean())


def losses(truth: Int64[np.ndarray, "n"], crack: Float64[np.ndarray, "n"]) -> Float64[np.ndarray, "n"]:
    """Negative log likelihood of each label, in nats; the label's probability is kept :data:`FLOOR` from 0."""
    return -np.log(np.where(truth == 1, crack, 1 - crack).clip(FLOOR))


def brier(labels: Integer[np.ndarray, "n"], crack_probability: Float[np.ndarray, "n"]) -> float:
    """Brier score: the mean of (probability − label)², in [0, 1].

    Raises:
        ValueError: as :func:`probabilities.checked` does.
    """
    truth, crack = probabilities.checked(labels, crack_probability)
    return float(np.square(crack - truth).mean())


def risk_coverage(
    wrong: Integer[np.ndarray, "n"] | np.ndarray, uncertainty: Float[np.ndarray, "n"]
) -> Float[np.ndarray, "n"]:
    """Risk at coverage k / n, k = 1 … n: the share of errors among the k surest decisions (Geifman & El-Yaniv 2017).

    Decisions of equal uncertainty count with their mean, so that their order does not matter.

    Args:
        wrong: (n,) 1 or True where the decision is wrong.
        uncertainty: (n,) larger is less sure.

    Raises:
        ValueError: there is no decision.
    """
    if not len(wrong):
        raise ValueError("there is no decision; give at least one")
    order = np.argsort(uncertainty, kind="stable")
    mistakes, ranked = np.asarray(wrong, np.float64)[order], uncertainty[order]
    _, level, counts = np.unique(ranked, return_inverse=True, return_counts=True)
    means = np.bincount(level, weights=mistakes) / counts
    return np.cumsum(means[level]) / np.arange(1, len(order) + 1)


def referred_risk(risk: Float[np.ndarray, "n"], *, referred: float) -> float:
    """Share of errors among the decisions left when the least sure go to a person.

    Args:
        risk: of :func:`risk_coverage`.
        referred: share of the decisions that go to a person, in [0, 1); one decision is left at least.
    """
    left = max(1, len(risk) - round(referred * len(risk)))
    return float(risk[left - 1])


def separation(inside: Float[np.ndarray, "n"], outside: Float[np.ndarray, "m"]) -> float | None:
    """AUROC of an uncertainty as a detector of pictures of another kind; see :func:`probabilities.auroc`.

    Args:
        inside, outside: uncertainties of the usual and of other pictures.

    Returns:
        A share in [0, 1], ties counted half; ``None`` where either is empty.
    """
    return probabilities.auroc(inside, outside)
