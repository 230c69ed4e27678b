"""Segment photographs with one trained segmenter: `python -m pipeline.segment unet soft_location`.

Reads data/photos, models/clip and models/segmenter/<segmenter>-<labels>; writes data/masks/<segmenter>-<labels>.
Costs: the network on each photograph of the splits `segment.splits`; memory of a few photographs and a row of tiles.
"""

from pathlib import Path

from crackpipe import console
from crackpipe.data import decoded
from crackpipe.files import parquet, schemas
from crackpipe.imaging import images
from crackpipe.params import labels
from crackpipe.params.project import Project
from crackpipe.segment.inference import segmenter, torch_engine
from crackpipe.segment.inference.segmenter import Inference

PHOTOS = Path("data/photos")


def main() -> None:
    project = Project.open()
    name, kind = console.arguments({"segmenter": labels.segmenters(), "labels": labels.kinds()})
    params = project.params
    runtime = project.start_runtime()
    model = torch_engine.load(Path(f"models/segmenter/{name}-{kind}"), runtime, clip=Path("models/clip"))
    settings = Inference(**params.segment.model_dump(exclude={"splits"}))
    what = f"segment ({name}-{kind})"
    photos = decoded.photographs(PHOTOS, splits=params.segment.splits, workers=params.runtime.workers, what=what)
    masks = (
        {"photo_id": photo_id, "mask": images.encode_grey(segmenter.segment(image, model, settings, what=photo_id))}
        for photo_id, image in photos
    )
    parquet.write_shards(Path(f"data/masks/{name}-{kind}"), schemas.MASKS, masks)


if __name__ == "__main__":
    console.run(main)
