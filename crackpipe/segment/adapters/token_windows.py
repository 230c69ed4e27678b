"""Windows whose tokens are kept: views of photographs that may hold a crack, whatever their labels will be."""

from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np

from crackpipe.compute import parallel, seeds
from crackpipe.files import parquet, schemas
from crackpipe.imaging import images
from crackpipe.segment.adapters.token_cache import Seen
from crackpipe.segment.windows.windows import Change


def draw(photos: Path, *, splits: Sequence[str], count: int, seed: int) -> list[str]:
    """At most ``count`` photographs of some splits, in the table's order; those known to hold no crack are left out."""
    rows = parquet.scan(photos, schemas.PHOTOS, columns=["photo_id", "split", "label"])
    names = [row["photo_id"] for row in rows if row["split"] in splits and row["label"] != 0]
    chosen = seeds.generator(seed).permutation(len(names))[:count]
    return [names[i] for i in np.sort(chosen)]


def see(
    photos: Path, photo_ids: Sequence[str], change: Change, *, views: int, seed: int, workers: int
) -> Iterator[Seen]:
    """Yield ``views`` windows of each photograph, in order; each photograph is decoded once.

    Args:
        photo_ids: in the table's order.
        change: cuts a window and augments it, e.g. :func:`crackpipe.segment.windows.augment.view`.
        workers: threads; memory holds the windows of a few photographs each.
    """
    numbers = {photo_id: number for number, photo_id in enumerate(photo_ids)}

    def of(row: parquet.Row) -> list[Seen]:
        pixels, photo_id = images.decode_rgb(row["image"]), row["photo_id"]
        key = seed, numbers[photo_id]
        return [(photo_id, view, change(pixels, seeds.generator(*key, view))) for view in range(views)]

    found = parquet.scan(photos, schemas.PHOTOS, columns=["photo_id", "image"])
    wanted = (row for row in found if row["photo_id"] in numbers)
    for group in parallel.prefetch(of, wanted, workers=workers, ahead=2 * workers):
        yield from group
