"""How sure a mean over few seeds is."""

import math
from collections.abc import Sequence

import numpy as np


def paired_difference(ours: Sequence[float], base: Sequence[float]) -> dict[str, float | None]:
    """Mean of ``ours − base``, seed by seed, and its 95 % interval by Student's t.

    Returns:
        ``mean``, ``low`` and ``high``; the interval is ``None`` for a single seed.

    Raises:
        ValueError: they differ in length, or are empty.
    """
    if len(ours) != len(base) or not ours:
        raise ValueError(f"got {len(ours)} and {len(base)} values; expected one pair for each seed, and at least one")
    gaps = np.subtract(ours, base)
    mean = float(gaps.mean())
    if len(gaps) == 1:
        return {"mean": mean, "low": None, "high": None}
    from scipy.stats import t

    half = float(t.ppf(0.975, len(gaps) - 1)) * float(gaps.std(ddof=1)) / math.sqrt(len(gaps))
    return {"mean": mean, "low": mean - half, "high": mean + half}
