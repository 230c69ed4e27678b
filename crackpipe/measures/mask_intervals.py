"""Intervals of ODS, OIS and AP by resampling structures.

Photographs of one structure are alike, so that structures are drawn, not photographs (a cluster bootstrap; Davison &
Hinkley 1997, section 3.8). Two methods are compared on the same draws. What seeds of training change is not in it.
"""

from collections.abc import Mapping, Sequence

import numpy as np
from jaxtyping import Float64

from crackpipe.compute.seeds import generator
from crackpipe.measures import segmentation
from crackpipe.measures.segmentation import PhotoCounts

FIGURES = ("ods", "ois", "ap")
Resampled = Mapping[str, Float64[np.ndarray, " b"]]
Weights = Float64[np.ndarray, "b n"]


def weights(groups: Sequence[str], *, resamples: int, seed: int) -> Weights:
    """Draw how often each photograph counts in each resample.

    Args:
        groups: the structure of each of n photographs.
        resamples: 1 or more.
        seed: of the draw.

    Returns:
        (1 + resamples, n); the first row, all ones, is the sample itself.

    Raises:
        ValueError: there is no photograph.
    """
    if not groups:
        raise ValueError("no photograph has been counted; score at least one")
    names, structure = np.unique(np.asarray(groups), return_inverse=True)
    drawn = generator(seed).multinomial(len(names), np.full(len(names), 1 / len(names)), size=resamples)
    return np.vstack([np.ones(len(groups)), drawn[:, structure].astype(float)])


def figures(counts: Sequence[PhotoCounts], weights: Weights) -> Resampled:
    """ODS, OIS and AP of each resample, as :func:`crackpipe.measures.segmentation.score` defines them.

    Args:
        counts: of n photographs.
        weights: (b, n) of :func:`weights`.

    Returns:
        Figure → (b,) in [0, 1].

    Raises:
        ValueError: ``counts`` is empty.
    """
    per_photo = segmentation.f1_per_photo(counts)
    total = weights.sum(axis=1, keepdims=True)
    hits, predicted, found, positives = (weights @ part for part in segmentation.stacked(counts))
    precision, recall = segmentation.ratio(hits, predicted), segmentation.ratio(found, positives)
    steps = recall - np.pad(recall[:, 1:], ((0, 0), (0, 1)))
    return {
        "ods": (weights @ per_photo / total).max(axis=1),
        "ois": (weights @ per_photo.max(axis=1)) / total[:, 0],
        "ap": (steps * precision).sum(axis=1),
    }


def ends(resampled: Resampled) -> dict[str, float]:
    """``<figure>_low`` and ``<figure>_high``: the 2.5th and 97.5th percentile of the resamples.

    Args:
        resampled: of :func:`figures`.
    """
    found = {}
    for name, values in resampled.items():
        found[f"{name}_low"], found[f"{name}_high"] = map(float, np.percentile(values[1:], [2.5, 97.5]))
    return found


def difference(ours: Resampled, others: Resampled) -> dict[str, float]:
    """Each figure of ours less that of the others, with the ends of its interval; see :func:`ends`.

    Args:
        ours, others: of :func:`figures`, of the same photographs and weights.
    """
    gaps = {name: ours[name] - others[name] for name in ours}
    return {**{name: float(gap[0]) for name, gap in gaps.items()}, **ends(gaps)}
