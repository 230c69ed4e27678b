"""Square training windows of labelled photographs."""

from collections.abc import Callable, Mapping, Sequence

import numpy as np

from crackpipe.segment.windows import augment
from crackpipe.segment.windows import labels as stored
from crackpipe.segment.windows.augment import Target, View, Window

Change = Callable[[np.ndarray, np.random.Generator], View]


def window(
    photo_id: str,
    random: np.random.Generator,
    *,
    photos: Mapping[str, np.ndarray],
    labels: Mapping[str, bytes],
    binarise: float,
    soft: bool,
    change: Change,
) -> tuple[Window, Target]:
    """One augmented window of a photograph, and of its label (0–255).

    Args:
        photos, labels: decoded pixels, and encoded labels.
        binarise, soft: see :func:`crackpipe.segment.windows.labels.decode`.
        change: cuts the window and augments it, e.g. :func:`crackpipe.segment.windows.augment.view`.
    """
    seen = change(photos[photo_id], random)
    label = stored.decode(labels[photo_id], binarise=binarise, soft=soft)
    return seen.pixels, augment.target(label, seen.place, drawn=seen.drawn)


def any_of(
    photo_ids: Sequence[str], cut: Callable[[str, np.random.Generator], tuple[Window, Target]]
) -> Callable[[np.random.Generator], tuple[Window, Target]]:
    """A sampler: a window of a photograph that the generator chooses."""
    return lambda random: cut(photo_ids[int(random.integers(len(photo_ids)))], random)
