"""ODS, OIS and AP of resampled photographs."""

from collections.abc import Sequence

import numpy as np

from crackpipe.measures import segmentation
from crackpipe.measures.resampling import Resampled, Weights
from crackpipe.measures.segmentation import PhotoCounts


def figures(counts: Sequence[PhotoCounts], weights: Weights) -> Resampled:
    """ODS, OIS and AP of each resample, as :func:`crackpipe.measures.segmentation.score` defines them.

    Args:
        counts: of n photographs.
        weights: (b, n) of :func:`crackpipe.measures.resampling.weights`.

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
