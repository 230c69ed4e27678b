"""Square training windows of labelled photographs."""

import contextlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path

import numpy as np

from crackpipe.data.photo_cache import PhotoCache
from crackpipe.segment.windows import augment
from crackpipe.segment.windows.augment import Target, View, Window
from crackpipe.segment.windows.labels import decode_target

CutView = Callable[[np.ndarray, np.random.Generator], View]
CutWindow = Callable[[str, np.random.Generator], tuple[Window, Target]]  # (photo_id, generator) → window, target
Sample = Callable[[np.random.Generator], tuple[Window, Target]]


def window(
    photo_id: str,
    random: np.random.Generator,
    *,
    photos: Mapping[str, np.ndarray],
    labels: Mapping[str, bytes],
    binarise: float,
    soft: bool,
    cut_view: CutView,
) -> tuple[Window, Target]:
    """One augmented window of a photograph, and of its label (0–255).

    Args:
        photo_id: of the photograph.
        random: generator that the window depends on.
        photos, labels: decoded pixels (RGB 0–255) and encoded labels, by photo_id.
        binarise, soft: see :func:`crackpipe.segment.windows.labels.decode_target`.
        cut_view: cuts the window and augments it, e.g. :func:`crackpipe.segment.windows.augment.view`.
    """
    view = cut_view(photos[photo_id], random)
    label = decode_target(labels[photo_id], binarise=binarise, soft=soft)
    return view.pixels, augment.target(label, view.placement, drawn=view.drawn)


def sampler(photo_ids: Sequence[str], cut_window: CutWindow) -> Sample:
    """A function that cuts a window of a random photograph.

    Args:
        photo_ids: each is as likely as the others.
        cut_window: e.g. :func:`window` with photographs and labels bound.
    """
    return lambda random: cut_window(photo_ids[int(random.integers(len(photo_ids)))], random)


@contextlib.contextmanager
def opened(
    photos: Path, labels: Mapping[str, bytes], cut_view: CutView, *, binarise: float, soft: bool, workers: int
) -> Iterator[Sample]:
    """A sampler of windows of all labelled photographs, which stay decoded as long as the context is open.

    Args:
        photos: the ``photos`` table.
        labels: encoded, by photo_id.
        cut_view, binarise, soft: as in :func:`window`.
        workers: threads that decode.
    """
    photo_ids = list(labels)
    with PhotoCache(photos, wanted=photo_ids, workers=workers) as cache:
        cut = partial(window, photos=cache, labels=labels, binarise=binarise, soft=soft, cut_view=cut_view)
        yield sampler(photo_ids, cut)
