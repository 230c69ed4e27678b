"""Segment photographs with one trained segmenter: `python -m pipeline.segment unet soft_location`.

Reads data/photos, models/clip and models/segmenter/<segmenter>-<labels>; writes data/masks/<segmenter>-<labels>.
Costs: the network on each photograph of the splits `segment.splits`; memory of a few photographs and a row of tiles.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from crackpipe import console, params
from crackpipe.compute import parallel
from crackpipe.files import parquet, schemas
from crackpipe.imaging import images
from crackpipe.params import Project
from crackpipe.segment.inference import segmenter

PHOTOS = Path("data/photos")


def main() -> None:
    name, kind = console.arguments({"segmenter": params.SEGMENTERS, "labels": params.LABEL_KINDS})
    project = Project.open()
    p = project.params
    runtime = project.start_runtime()
    model = segmenter.load(Path(f"models/segmenter/{name}-{kind}"), runtime, clip=Path("models/clip"))
    settings = p.segment.model_dump(exclude={"splits"})
    splits = parquet.read(PHOTOS, schemas.PHOTOS, columns=["split"])["split"].to_pylist()
    total = sum(split in p.segment.splits for split in splits)

    def rows() -> Iterator[dict[str, Any]]:
        photos = parquet.scan(PHOTOS, schemas.PHOTOS, columns=["photo_id", "split", "image"])
        wanted = (row for row in photos if row["split"] in p.segment.splits)
        bar = console.bar(wanted, what=f"segment ({name}-{kind})", total=total, unit="photos")
        decoded = parallel.prefetch(
            lambda row: (row["photo_id"], images.decode_rgb(row["image"])), bar, workers=p.runtime.workers, ahead=8
        )
        for photo_id, image in decoded:
            mask = segmenter.segment(image, model, **settings, what=photo_id)
            yield {"photo_id": photo_id, "mask": images.encode_grey(mask)}

    parquet.write_shards(Path(f"data/masks/{name}-{kind}"), schemas.MASKS, rows())


if __name__ == "__main__":
    console.run(main)
