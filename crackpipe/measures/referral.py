"""Largest entropy of a decision that need not go to a person, chosen on decisions whose truth is known."""

from typing import TypedDict

import numpy as np
from jaxtyping import Bool, Float, Int64

from crackpipe.measures import uncertainty

POINTS = 200


class Point(TypedDict):
    """Decisions up to an ``entropy`` (nats) are kept: a share ``coverage`` of them, wrong with ``risk``.

    ``risk_high`` is the upper end of its 95 % interval over structures (Korn and Graubard 1998), which treats the
    threshold as given: it holds for decisions on structures like those labelled, and is no promise for others.
    """

    entropy: float
    coverage: float
    risk: float
    risk_high: float


def curve(
    wrong: Bool[np.ndarray, "n"],
    entropy: Float[np.ndarray, "n"],
    *,
    error: Float[np.ndarray, "n"],
    groups: Int64[np.ndarray, "n"],
) -> list[Point]:
    """List at most :data:`POINTS` points by rising entropy; decisions of equal entropy are kept or referred together.

    Args:
        wrong: (n,) True where the decision is wrong; at least one decision.
        entropy: (n,) of each decision, nats.
        error: (n,) distance of each decision's probability from its truth, in [0, 1]: how alike the decisions on one
            structure are shows in it where hardly any is wrong.
        groups: (n,) the structure of each decision, at least two different ones.

    Raises:
        ValueError: all decisions are of one structure.
    """
    from scipy.special import betaincinv

    n, order = len(wrong), np.argsort(entropy, kind="stable")
    ranked, whole = entropy[order], effective_share(wrong, error, groups)
    risk = uncertainty.risk_coverage(wrong, entropy)
    ends = np.flatnonzero(np.append(ranked[1:] > ranked[:-1], True))
    shown = ends[np.unique(np.linspace(0, len(ends) - 1, min(POINTS, len(ends))).round().astype(int))]
    points: list[Point] = []
    for last in shown:
        kept, mistakes = int(last) + 1, round(float(risk[last]) * (int(last) + 1))
        own = order[:kept]
        if mistakes == kept or len(np.unique(groups[own])) < 2:
            high = 1.0
        else:  # sure decisions can be more alike than all are, or stand on fewer structures
            share = min(whole, effective_share(wrong[own], error[own], groups[own]))
            high = float(betaincinv(mistakes * share + 1, (kept - mistakes) * share, 0.975))
        points.append(
            {"entropy": float(ranked[last]), "coverage": kept / n, "risk": mistakes / kept, "risk_high": high}
        )
    return points


def effective_share(
    wrong: Bool[np.ndarray, "n"], error: Float[np.ndarray, "n"], groups: Int64[np.ndarray, "n"]
) -> float:
    """Independent decisions that tell as much, as a share of all: the fewer, the more alike those on one structure are.

    By the larger design effect of ``wrong`` and ``error``, and by how few structures it is known from (Korn and
    Graubard 1998, section 3).

    Args:
        wrong, error, groups: see :func:`curve`.

    Returns:
        A share in (0, 1]; 1 where every decision is of its own structure.

    Raises:
        ValueError: all decisions are of one structure.
    """
    from scipy.special import stdtrit

    n, structures = len(wrong), len(np.unique(groups))
    if structures < 2:
        raise ValueError(f"got {structures} structure; what holds beyond it takes at least two")
    effect = max(1.0, _design_effect(wrong.astype(np.float64), groups), _design_effect(error, groups))
    few = float(stdtrit(n - 1, 0.975) / stdtrit(structures - 1, 0.975)) ** 2
    return few / effect


def _design_effect(values: Float[np.ndarray, "n"], groups: Int64[np.ndarray, "n"]) -> float:
    """Variance of the mean over structures, as a multiple of that over independent items; 0 where all are equal."""
    n, gap = len(values), values - values.mean()
    independent = float(np.square(gap).sum()) / (n * (n - 1))
    if independent == 0:
        return 0.0
    _, group = np.unique(groups, return_inverse=True)
    of_groups = np.bincount(group, weights=gap)
    return float(len(of_groups) / (len(of_groups) - 1) * np.square(of_groups).sum() / n**2) / independent


def chosen(points: list[Point], *, risk: float) -> Point | None:
    """Choose the point that keeps most decisions with a ``risk_high`` of no more than ``risk``.

    For what the bound holds, see :class:`Point`.

    Args:
        points: of :func:`curve`.
        risk: share of wrong decisions, [0, 1].

    Returns:
        ``None`` where there is no such point: every decision goes to a person.
    """
    allowed = [point for point in points if point["risk_high"] <= risk]
    return max(allowed, key=lambda point: point["coverage"]) if allowed else None
