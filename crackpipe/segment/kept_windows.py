"""Windows whose tokens are kept: views of photographs that may hold a crack, whatever their labels will be."""

from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np

from crackpipe import images, progress, runtime, schemas, tables
from crackpipe.segment.tokens import Seen
from crackpipe.segment.windows import Change


def draw(photos: Path, *, splits: Sequence[str], count: int, seed: int) -> list[str]:
    """At most ``count`` photographs of some splits, in the table's order; those known to hold no crack are left out."""
    rows = tables.scan(photos, schemas.PHOTOS, columns=["photo_id", "split", "label"])
    names = [row["photo_id"] for row in rows if row["split"] in splits and row["label"] != 0]
    chosen = runtime.generator(seed).permutation(len(names))[:count]
    return [names[i] for i in np.sort(chosen)]


def see(
    photos: Path, photo_ids: Sequence[str], change: Change, *, views: int, seed: int, workers: int
) -> Iterator[Seen]:
    """Yield ``views`` windows of each photograph, in order; each photograph is decoded once.

    Args:
        photo_ids: in the table's order.
        change: cuts a window and augments it, e.g. :func:`crackpipe.segment.views.view`.
        workers: threads; memory holds the windows of a few photographs each.
    """
    numbers = {photo_id: number for number, photo_id in enumerate(photo_ids)}

    def of(row: tables.Row) -> list[Seen]:
        pixels, photo_id = images.decode_rgb(row["image"]), row["photo_id"]
        key = seed, numbers[photo_id]
        return [(photo_id, view, change(pixels, runtime.generator(*key, view))) for view in range(views)]

    found = tables.scan(photos, schemas.PHOTOS, columns=["photo_id", "image"])
    wanted = (row for row in found if row["photo_id"] in numbers)
    for group in progress.prefetch(of, wanted, workers=workers, ahead=2 * workers):
        yield from group
