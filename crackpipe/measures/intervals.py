"""Means over few seeds, their spread, and the interval of a difference."""

import math
from collections.abc import Mapping, Sequence

import numpy as np


def means_and_spreads(figures: Sequence[Mapping[str, float | None]]) -> dict[str, float | None]:
    """Mean over seeds of each figure, and as ``<name>_std`` its standard deviation (of n − 1).

    Args:
        figures: of each seed, at least one, all with the same names; those that are ``None`` are left out.

    Returns:
        A mean is ``None`` where no seed has the figure, a spread where fewer than two have it.
    """
    summary: dict[str, float | None] = {}
    for name in figures[0]:
        values = [value for of_seed in figures if (value := of_seed[name]) is not None]
        summary[name] = float(np.mean(values)) if values else None
        summary[f"{name}_std"] = float(np.std(values, ddof=1)) if len(values) > 1 else None
    return summary


def paired_difference(ours: Sequence[float], base: Sequence[float]) -> dict[str, float | None]:
    """Mean of ``ours − base``, seed by seed, and its 95 % interval by Student's t.

    Args:
        ours, base: one value for each seed, in the same order.

    Returns:
        ``mean``, ``low`` and ``high``; the interval is ``None`` for a single seed.

    Raises:
        ValueError: they differ in length, or are empty.
    """
    if len(ours) != len(base) or not ours:
        raise ValueError(f"got {len(ours)} and {len(base)} values; expected one pair for each seed, and at least one")
    mean, half = of_mean(np.subtract(ours, base).tolist())
    if len(ours) == 1:
        return {"mean": mean, "low": None, "high": None}
    return {"mean": mean, "low": mean - half, "high": mean + half}


def of_mean(values: Sequence[float]) -> tuple[float, float]:
    """Mean of a few values, and half of its 95 % interval by Student's t; 0 for a single value, which tells none.

    Args:
        values: of each seed, at least one.
    """
    mean = float(np.mean(values))
    if len(values) == 1:
        return mean, 0.0
    from scipy.special import stdtrit

    half = float(stdtrit(len(values) - 1, 0.975)) * float(np.std(values, ddof=1)) / math.sqrt(len(values))
    return mean, half
