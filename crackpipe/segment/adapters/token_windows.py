"""Windows whose tokens are cached: views of photographs that may be trained on, whatever their labels will be."""

from collections.abc import Iterator, Sequence
from pathlib import Path

from crackpipe.compute import parallel, seeds
from crackpipe.files import parquet, schemas
from crackpipe.imaging import images
from crackpipe.segment.adapters.token_cache import PhotoView
from crackpipe.segment.windows.draw import draw_in_order
from crackpipe.segment.windows.windows import CutView


def draw(photos: Path, *, unlabelled: Sequence[str], crack_free: bool, count: int | None, seed: int) -> list[str]:
    """At most ``count`` training photographs, and all unlabelled ones, in the table's order.

    Args:
        photos: the table.
        unlabelled: sources and splits, such as ``crack500.test``.
        crack_free: whether training photographs known to hold no crack are drawn, too; of unlabelled ones nothing is
            known.
        count: at least 1; ``None`` takes all.
        seed: of the draw.
    """
    rows = list(parquet.scan(photos, schemas.PHOTOS, columns=["photo_id", "source", "split", "label"]))
    training = [row["photo_id"] for row in rows if row["split"] == "train" and (crack_free or row["label"] != 0)]
    added = {row["photo_id"] for row in rows if f"{row['source']}.{row['split']}" in unlabelled}
    wanted = {*draw_in_order(training, count=count, seed=seed), *added}
    return [row["photo_id"] for row in rows if row["photo_id"] in wanted]


def cut_windows(
    photos: Path, photo_ids: Sequence[str], cut_view: CutView, *, views: int, seed: int, workers: int
) -> Iterator[PhotoView]:
    """Yield ``views`` windows of each photograph, in order; each photograph is decoded once.

    A window depends on the seed, the position of its photograph in ``photo_ids`` and its number alone.

    Args:
        photos: the table.
        photo_ids: in the table's order.
        cut_view: cuts a window and augments it, e.g. :func:`crackpipe.segment.windows.augment.view`.
        views: windows of each photograph.
        seed: of the windows.
        workers: threads; memory holds the windows of a few photographs each.
    """
    positions = {photo_id: position for position, photo_id in enumerate(photo_ids)}

    def cut(row: parquet.Row) -> list[PhotoView]:
        pixels, photo_id = images.decode_rgb(row["image"]), row["photo_id"]
        key = seed, positions[photo_id]
        return [(photo_id, number, cut_view(pixels, seeds.generator(*key, number))) for number in range(views)]

    rows = parquet.scan(photos, schemas.PHOTOS, columns=["photo_id", "image"])
    wanted = (row for row in rows if row["photo_id"] in positions)
    for windows in parallel.prefetch(cut, wanted, workers=workers, ahead=2 * workers):
        yield from windows
