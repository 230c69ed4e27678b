"""Square training windows of labelled photographs."""

from collections.abc import Callable, Mapping, Sequence

import numpy as np
from jaxtyping import UInt8

from crackpipe import images
from crackpipe.segment import labels as stored

Window = UInt8[np.ndarray, "s s 3"]
Target = UInt8[np.ndarray, "s s"]
Change = Callable[[np.ndarray, np.ndarray, np.random.Generator], tuple[Window, Target]]


def window(
    photo_id: str,
    random: np.random.Generator,
    *,
    photos: Mapping[str, np.ndarray],
    labels: Mapping[str, bytes],
    binarise: float,
    soft: bool,
    squeeze_px: int | None,
    change: Change,
) -> tuple[Window, Target]:
    """One augmented window of a photograph, and of its label (0–255).

    Args:
        photos, labels: decoded pixels, and encoded labels.
        binarise, soft: see :func:`crackpipe.segment.labels.decode`.
        squeeze_px: a number squeezes the whole photograph to a square of that side first, as CrackCLIP does.
        change: cuts the window and augments it, e.g. :func:`crackpipe.segment.views.view`.
    """
    pixels = photos[photo_id]
    label = stored.decode(labels[photo_id], binarise=binarise, soft=soft)
    if squeeze_px is not None:
        method: images.Method = "area" if squeeze_px < min(pixels.shape[:2]) else "linear"
        pixels, label = (
            images.resize(layer, height=squeeze_px, width=squeeze_px, method=method) for layer in (pixels, label)
        )
    return change(pixels, label, random)


def any_of(
    photo_ids: Sequence[str], cut: Callable[[str, np.random.Generator], tuple[Window, Target]]
) -> Callable[[np.random.Generator], tuple[Window, Target]]:
    """A sampler: a window of a photograph that the generator chooses."""
    return lambda random: cut(photo_ids[int(random.integers(len(photo_ids)))], random)
