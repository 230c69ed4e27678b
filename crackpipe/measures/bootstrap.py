"""Intervals by resampling photographed places and seeds: is one head better than another, or is it the draw?

Patches of one place are alike, so that places are drawn, not patches (a cluster bootstrap). Every figure here is a
function of sums over patches, so that a resample costs one product of matrices.
"""

from collections.abc import Sequence

import numpy as np
from jaxtyping import Float, Float64, Int64

from crackpipe.compute.seeds import generator
from crackpipe.measures import probabilities, uncertainty

BINS = 15  # of the calibration error, as calibration.expected_calibration_error
FIGURES = ("f1", "ece", "nll", "brier")
Weights = tuple[Float64[np.ndarray, "b g"], Float64[np.ndarray, "b s"]]


def weights(*, groups: int, seeds: int, resamples: int, seed: int) -> Weights:
    """How often each group and each seed is drawn in each resample; the first row of both is the sample itself."""
    random = generator(seed)
    drawn = random.multinomial(groups, np.full(groups, 1 / groups), size=resamples).astype(float)
    trials = random.multinomial(seeds, np.full(seeds, 1 / seeds), size=resamples).astype(float)
    return np.vstack([np.ones(groups), drawn]), np.vstack([np.ones(seeds), trials])


def sums(
    labels: Int64[np.ndarray, "n"], scores: Float[np.ndarray, "n"], groups: Int64[np.ndarray, "n"], *, count: int
) -> Float64[np.ndarray, "g k"]:
    """Per group what the figures are made of: hits, false alarms, misses, items, log loss, squared error, and of each
    bin of confidence its surplus of confidence over right decisions."""
    truth, crack = probabilities.checked(labels, scores)
    said, true = crack > 0.5, truth == 1
    confidence = np.maximum(crack, 1 - crack)
    place = np.searchsorted(np.linspace(0, 1, BINS + 1), confidence, side="left") - 1
    columns = [said & true, said & ~true, ~said & true, np.ones(len(truth))]
    columns += [uncertainty.losses(truth, crack), np.square(crack - truth)]
    columns += [(place == one) * (confidence - (said == true)) for one in range(BINS)]
    return np.stack([np.bincount(groups, weights=one.astype(float), minlength=count) for one in columns], axis=1)


def figures(totals: Float64[np.ndarray, "b k"]) -> dict[str, Float64[np.ndarray, "b"]]:
    """F1, calibration error, negative log likelihood and Brier score of summed columns of :func:`sums`."""
    hits, alarms, misses, items, loss, square = np.moveaxis(totals[..., :6], -1, 0)
    asked = np.maximum(2 * hits + alarms + misses, 1e-12)
    gap = np.abs(totals[..., 6:]).sum(axis=-1)
    items = np.maximum(items, 1e-12)
    return {"f1": 2 * hits / asked, "ece": gap / items, "nll": loss / items, "brier": square / items}


def difference(
    ours: Sequence[Float64[np.ndarray, "g k"]], others: Sequence[Float64[np.ndarray, "g k"]], drawn: Weights
) -> dict[str, tuple[float, float, float]]:
    """Ours minus others' of each figure, mean over seeds, with its 95 % interval (percentiles of the resamples).

    Both heads are scored on the same resample of places and seeds, seed by seed.

    Args:
        ours, others: :func:`sums` of each seed.
        drawn: of :func:`weights`.
    """
    found: dict[str, list[np.ndarray]] = {name: [] for name in FIGURES}
    for mine, theirs in zip(ours, others, strict=True):
        first, second = figures(drawn[0] @ mine), figures(drawn[0] @ theirs)
        for name in FIGURES:
            found[name].append(first[name] - second[name])
    means = {
        name: (np.stack(each, axis=1) * drawn[1]).sum(axis=1) / drawn[1].sum(axis=1) for name, each in found.items()
    }
    ends = {name: np.percentile(mean[1:], [2.5, 97.5]) for name, mean in means.items()}
    return {name: (float(mean[0]), float(ends[name][0]), float(ends[name][1])) for name, mean in means.items()}
