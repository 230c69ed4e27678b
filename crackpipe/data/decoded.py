"""Photographs of the table, decoded by threads ahead of their use: the one way from the table to pixels in order."""

from collections.abc import Collection, Iterator
from pathlib import Path

from crackpipe import console
from crackpipe.compute import parallel
from crackpipe.files import parquet, schemas
from crackpipe.imaging import images
from crackpipe.imaging.images import Rgb, SquareFit


def photographs(
    photos: Path,
    *,
    workers: int,
    what: str,
    wanted: Collection[str] | None = None,
    splits: Collection[str] | None = None,
    side_px: int | None = None,
    fit: SquareFit = "resize",
    ahead: int | None = None,
) -> Iterator[tuple[str, Rgb]]:
    """Yield (photo_id, RGB pixels 0–255) in the order of the table; memory of ``ahead`` photographs.

    Args:
        photos: the ``photos`` table.
        workers: threads that decode.
        what: name of the progress bar.
        wanted: photo_ids to take; ``None`` takes all.
        splits: splits to take; ``None`` takes all.
        side_px: side of the square that each is brought to; ``None`` leaves it at its own size.
        fit: how, see :func:`crackpipe.imaging.images.square`.
        ahead: photographs that are decoded before they are asked for; by default four for each thread.

    Raises:
        TableError: the table is missing or of another version.
    """
    names = _names(photos, wanted, splits)

    def decode(row: parquet.Row) -> tuple[str, Rgb]:
        image = images.decode_rgb(row["image"])
        return row["photo_id"], image if side_px is None else images.square(image, side_px=side_px, fit=fit)

    rows = parquet.scan(photos, schemas.PHOTOS, columns=["photo_id", "image"])
    if names is not None:
        rows = (row for row in rows if row["photo_id"] in names)
    total = parquet.count(photos, schemas.PHOTOS) if names is None else len(names)
    bar = console.bar(rows, what=what, total=total, unit="photos")
    yield from parallel.prefetch(decode, bar, workers=workers, ahead=ahead or 4 * workers)


def _names(photos: Path, wanted: Collection[str] | None, splits: Collection[str] | None) -> set[str] | None:
    if splits is None:
        return None if wanted is None else set(wanted)
    table = parquet.read(photos, schemas.PHOTOS, columns=["photo_id", "split"])
    pairs = zip(table["photo_id"].to_pylist(), table["split"].to_pylist(), strict=True)
    return {name for name, split in pairs if split in splits and (wanted is None or name in wanted)}
