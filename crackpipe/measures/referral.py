"""Largest entropy of a decision that need not go to a person, chosen on decisions whose truth is known."""

from typing import TypedDict

import numpy as np
from jaxtyping import Bool, Float

from crackpipe.measures import uncertainty

POINTS = 200


class Point(TypedDict):
    """Decisions up to an ``entropy`` (nats) are kept: a share ``coverage`` of them, wrong with ``risk``.

    ``risk_high`` is the upper end of its 95 % interval (Clopper and Pearson 1934), which treats the decisions as
    independent and the threshold as given: photographs of one structure are neither, so it is no promise.
    """

    entropy: float
    coverage: float
    risk: float
    risk_high: float


def curve(wrong: Bool[np.ndarray, "n"], entropy: Float[np.ndarray, "n"]) -> list[Point]:
    """List at most :data:`POINTS` points by rising entropy; decisions of equal entropy are kept or referred together.

    Args:
        wrong: (n,) True where the decision is wrong; at least one decision.
        entropy: (n,) of each decision, nats.
    """
    from scipy.special import betaincinv

    n, ranked = len(wrong), np.sort(entropy)
    risk = uncertainty.risk_coverage(wrong, entropy)
    ends = np.flatnonzero(np.append(ranked[1:] > ranked[:-1], True))
    shown = ends[np.unique(np.linspace(0, len(ends) - 1, min(POINTS, len(ends))).round().astype(int))]
    points: list[Point] = []
    for last in shown:
        kept, mistakes = int(last) + 1, round(float(risk[last]) * (int(last) + 1))
        high = 1.0 if mistakes == kept else float(betaincinv(mistakes + 1, kept - mistakes, 0.975))
        points.append(
            {"entropy": float(ranked[last]), "coverage": kept / n, "risk": mistakes / kept, "risk_high": high}
        )
    return points


def chosen(points: list[Point], *, risk: float) -> Point | None:
    """Choose the point that keeps most decisions with a ``risk_high`` of no more than ``risk``.

    The bound treats decisions as independent; see :class:`Point`.

    Args:
        points: of :func:`curve`.
        risk: share of wrong decisions, [0, 1].

    Returns:
        ``None`` where there is no such point: every decision goes to a person.
    """
    allowed = [point for point in points if point["risk_high"] <= risk]
    return max(allowed, key=lambda point: point["coverage"]) if allowed else None
