"""Cut photographs into patches: coordinates and labels, no pixels.

Reads data/photos; writes data/patches/patches.parquet. Costs: one decoding of each mask.
"""

from pathlib import Path

from crackpipe import console
from crackpipe.data import slices
from crackpipe.files import parquet, schemas
from crackpipe.params.loading import load

PHOTOS, PATCHES = Path("data/photos"), Path("data/patches/patches.parquet")
COLUMNS = ["photo_id", "split", "height_px", "width_px", "mask", "label"]


def main() -> None:
    grid = load().slice
    photos = parquet.scan(PHOTOS, schemas.PHOTOS, columns=COLUMNS)
    total = parquet.count(PHOTOS, schemas.PHOTOS)
    patches = slices.cut(
        console.bar(photos, what="slice", total=total, unit="photos"),
        side_px=grid.side_px,
        stride_px=grid.stride_px,
        symmetries=grid.symmetries,
        min_crack_px=grid.min_crack_px,
    )
    count = parquet.write_columns(PATCHES, schemas.PATCHES, patches)
    console.say(f"slice: {count} patches")


if __name__ == "__main__":
    console.run(main)
