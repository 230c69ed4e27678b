"""How sure a classifier is, and what that is worth: entropy, mutual information, referral, other kinds of pictures."""

import numpy as np
import torch
from jaxtyping import Float, Float64, Int64, Integer
from torch import Tensor

from crackpipe.measures import probabilities

FLOOR = 1e-12  # in float64, which :func:`probabilities.checked` makes of any probability


def entropy(crack_probability: Float[np.ndarray, "*n"]) -> Float[np.ndarray, "*n"]:
    """Entropy of a decision between two classes, in nats: 0 where one is certain, ln 2 = 0.693 at one half."""
    p = np.clip(crack_probability.astype(np.float64), 1e-12, 1 - 1e-12)
    return -(p * np.log(p) + (1 - p) * np.log1p(-p))


def of_members(crack_probability: Float[Tensor, "p n"]) -> tuple[Float[Tensor, "n"], Float[Tensor, "n"]]:
    """Mean over the members of an ensemble, and how far they disagree: the mutual information ``H[E p] − E H[p]``.

    Houlsby et al. 2011 (BALD), eq. 2; in nats, in [0, ln 2]; 0 where all members agree.
    """
    mean = crack_probability.mean(dim=0)
    spread = _entropy(mean) - _entropy(crack_probability).mean(dim=0)
    return mean, spread.clamp(min=0)


def _entropy(p: Float[Tensor, "*n"]) -> Float[Tensor, "*n"]:
    kept = p.clamp(1e-7, 1 - 1e-7)
    return -(kept * kept.log() + (1 - kept) * torch.log1p(-kept))


def nll(labels: Integer[np.ndarray, "n"], crack_probability: Float[np.ndarray, "n"]) -> float:
    """Mean negative log likelihood of the labels, in nats; see :func:`losses`."""
    return float(losses(*probabilities.checked(labels, crack_probability)).mean())


def losses(truth: Int64[np.ndarray, "n"], crack: Float64[np.ndarray, "n"]) -> Float64[np.ndarray, "n"]:
    """Negative log likelihood of each label, in nats; the label's probability is kept :data:`FLOOR` from 0."""
    return -np.log(np.where(truth == 1, crack, 1 - crack).clip(FLOOR))


def brier(labels: Integer[np.ndarray, "n"], crack_probability: Float[np.ndarray, "n"]) -> float:
    """Brier score: the mean of (probability − label)², in [0, 1]."""
    truth, crack = probabilities.checked(labels, crack_probability)
    return float(np.square(crack - truth).mean())


def risk_coverage(
    wrong: Integer[np.ndarray, "n"] | np.ndarray, uncertainty: Float[np.ndarray, "n"]
) -> Float[np.ndarray, "n"]:
    """Risk at coverage k / n, k = 1 … n: the share of errors among the k surest decisions (Geifman & El-Yaniv 2017).

    Decisions of equal uncertainty count with their mean, so that their order does not matter.

    Args:
        wrong: 1 or True where the decision is wrong.
        uncertainty: larger is less sure.

    Raises:
        ValueError: there is no decision.
    """
    if not len(wrong):
        raise ValueError("there is no decision; give at least one")
    order = np.argsort(uncertainty, kind="stable")
    mistakes, sorted_by = np.asarray(wrong, np.float64)[order], uncertainty[order]
    _, place, counts = np.unique(sorted_by, return_inverse=True, return_counts=True)
    means = np.bincount(place, weights=mistakes) / counts
    return np.cumsum(means[place]) / np.arange(1, len(order) + 1)


def referred_risk(risk: Float[np.ndarray, "n"], *, referred: float) -> float:
    """Share of errors among what is left when the least sure ``referred`` share [0, 1) goes to a person."""
    kept = max(1, len(risk) - round(referred * len(risk)))
    return float(risk[kept - 1])


def separation(inside: Float[np.ndarray, "n"], outside: Float[np.ndarray, "m"]) -> float | None:
    """AUROC of an uncertainty as a detector of other kinds of pictures: how often theirs is the larger.

    Ties count half. ``None`` where either is empty.
    """
    if not len(inside) or not len(outside):
        return None
    ranked = np.sort(inside)
    below = np.searchsorted(ranked, outside, side="left")
    equal = np.searchsorted(ranked, outside, side="right") - below
    return float((below + 0.5 * equal).mean() / len(inside))
