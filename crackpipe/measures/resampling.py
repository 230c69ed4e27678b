"""Resampling of groups of items that are alike: a cluster bootstrap (Davison & Hinkley 1997, section 3.8).

Two methods are compared on the same draws. What seeds of training change is not in it.
"""

from collections.abc import Mapping, Sequence

import numpy as np
from jaxtyping import Float64

from crackpipe.compute.seeds import generator

Resampled = Mapping[str, Float64[np.ndarray, " b"]]
Weights = Float64[np.ndarray, "b n"]


def weights(groups: Sequence[str], *, resamples: int, seed: int) -> Weights:
    """Draw how often each item counts in each resample.

    Args:
        groups: what is drawn, of each of n items, e.g. the structure that a photograph shows.
        resamples: 1 or more.
        seed: of the draw.

    Returns:
        (1 + resamples, n); the first row, all ones, is the sample itself.

    Raises:
        ValueError: there is no item.
    """
    if not groups:
        raise ValueError("there is nothing to draw from; give at least one item")
    names, group = np.unique(np.asarray(groups), return_inverse=True)
    drawn = generator(seed).multinomial(len(names), np.full(len(names), 1 / len(names)), size=resamples)
    return np.vstack([np.ones(len(groups)), drawn[:, group].astype(float)])


def ends(resampled: Resampled) -> dict[str, float]:
    """``<figure>_low`` and ``<figure>_high``: the 2.5th and 97.5th percentile of the resamples.

    Args:
        resampled: figure → (1 + resamples,), the first one of the sample itself.
    """
    found = {}
    for name, values in resampled.items():
        found[f"{name}_low"], found[f"{name}_high"] = map(float, np.percentile(values[1:], [2.5, 97.5]))
    return found


def difference(ours: Resampled, others: Resampled) -> dict[str, float]:
    """Each figure of ours less that of the others, with the ends of its interval; see :func:`ends`.

    Args:
        ours, others: figure → (1 + resamples,), of the same items and weights.
    """
    gaps = {name: ours[name] - others[name] for name in ours}
    return {**{name: float(gap[0]) for name, gap in gaps.items()}, **ends(gaps)}
