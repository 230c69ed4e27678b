"""Intervals of differences by resampling structures and seeds.

Patches of one structure are alike, so that structures are drawn, not patches (a cluster bootstrap). Every figure here
is a function of sums over patches, so that a resample costs one product of matrices.
"""

from collections.abc import Sequence

import numpy as np
from jaxtyping import Float, Float64, Int64

from crackpipe.compute.seeds import generator
from crackpipe.measures import calibration, probabilities, uncertainty

BINS = 15  # of the calibration error
FIGURES = ("f1", "ece", "nll", "brier")
Weights = tuple[Float64[np.ndarray, "b g"], Float64[np.ndarray, "b s"]]


def weights(*, groups: int, seeds: int, resamples: int, seed: int) -> Weights:
    """Draw how often each group and each seed counts in each resample.

    Args:
        groups, seeds: their numbers, 1 or more.
        resamples: 0 or more.
        seed: of the draw.

    Returns:
        (1 + resamples, groups) and (1 + resamples, seeds); the first row of both is the sample itself.
    """
    random = generator(seed)
    of_groups = random.multinomial(groups, np.full(groups, 1 / groups), size=resamples).astype(float)
    of_seeds = random.multinomial(seeds, np.full(seeds, 1 / seeds), size=resamples).astype(float)
    return np.vstack([np.ones(groups), of_groups]), np.vstack([np.ones(seeds), of_seeds])


def sums(
    labels: Int64[np.ndarray, "n"], scores: Float[np.ndarray, "n"], groups: Int64[np.ndarray, "n"], *, count: int
) -> Float64[np.ndarray, "g k"]:
    """Sum per group what the figures are functions of.

    Args:
        labels: (n,) 1 crack, 0 none.
        scores: (n,) probabilities of crack, [0, 1].
        groups: (n,) of each item, 0 … ``count`` − 1.
        count: number of groups.

    Returns:
        Hits, false alarms, misses, items, log loss, squared error, and for each bin of confidence the surplus of
        confidence over right decisions.
    """
    truth, crack = probabilities.checked(labels, scores)
    decided, true = crack > 0.5, truth == 1
    confidence = np.maximum(crack, 1 - crack)
    bin_of = calibration.bin_index(confidence, bins=BINS)
    columns = [decided & true, decided & ~true, ~decided & true, np.ones(len(truth))]
    columns += [uncertainty.losses(truth, crack), np.square(crack - truth)]
    columns += [(bin_of == index) * (confidence - (decided == true)) for index in range(BINS)]
    return np.stack([np.bincount(groups, weights=each.astype(float), minlength=count) for each in columns], axis=1)


def figures(totals: Float64[np.ndarray, "b k"]) -> dict[str, Float64[np.ndarray, "b"]]:
    """F1, calibration error, negative log likelihood and Brier score of summed columns of :func:`sums`."""
    hits, alarms, misses, items, loss, square = np.moveaxis(totals[..., :6], -1, 0)
    decided_or_true = np.maximum(2 * hits + alarms + misses, 1e-12)
    gap = np.abs(totals[..., 6:]).sum(axis=-1)
    items = np.maximum(items, 1e-12)
    return {"f1": 2 * hits / decided_or_true, "ece": gap / items, "nll": loss / items, "brier": square / items}


def difference(
    ours: Sequence[Float64[np.ndarray, "g k"]], others: Sequence[Float64[np.ndarray, "g k"]], drawn: Weights
) -> dict[str, tuple[float, float, float]]:
    """Differences (ours less others') of each figure, mean over seeds, with 95 % intervals (percentiles of resamples).

    Both heads are scored on the same resample of structures and seeds, seed by seed.

    Args:
        ours, others: :func:`sums` of each seed.
        drawn: of :func:`weights`.

    Returns:
        Mean, lower and upper end of each figure.
    """
    differences: dict[str, list[np.ndarray]] = {name: [] for name in FIGURES}
    for mine, theirs in zip(ours, others, strict=True):
        first, second = figures(drawn[0] @ mine), figures(drawn[0] @ theirs)
        for name in FIGURES:
            differences[name].append(first[name] - second[name])
    means = {
        name: (np.stack(of_seeds, axis=1) * drawn[1]).sum(axis=1) / drawn[1].sum(axis=1)
        for name, of_seeds in differences.items()
    }
    ends = {name: np.percentile(mean[1:], [2.5, 97.5]) for name, mean in means.items()}
    return {name: (float(mean[0]), float(ends[name][0]), float(ends[name][1])) for name, mean in means.items()}
