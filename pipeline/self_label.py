"""Masks of a segmenter as labels for the next one: `python -m pipeline.self_label soft_location`.

Reads data/photos, data/patches (labels of training patches), models/clip and the model and masks of the segmenter
`self_label.segmenter` that was trained on those labels; writes data/pseudo_labels/self_<labels>. Costs: the segmenter
on each photograph that has no mask yet.
"""

from functools import partial
from pathlib import Path

from crackpipe import console, params
from crackpipe.files import parquet, schemas
from crackpipe.params.project import Project
from crackpipe.pseudo import patch_labels, self_training
from crackpipe.segment.inference import segmenter

PHOTOS, PATCHES = Path("data/photos"), Path("data/patches/patches.parquet")


def main() -> None:
    (kind,) = console.arguments({"labels": params.TEACHER_LABELS})
    project = Project.open()
    p = project.params
    teacher, own = f"{p.self_label.segmenter}-{kind}", getattr(p.pseudo_label, f"self_{kind}")
    runtime = project.start_runtime()
    model = segmenter.load(Path(f"models/segmenter/{teacher}"), runtime, clip=Path("models/clip"))
    rows = self_training.rows(
        PHOTOS,
        Path(f"data/masks/{teacher}"),
        segment=partial(segmenter.segment, segmenter=model, **p.segment.model_dump(exclude={"splits"})),
        none=patch_labels.without_crack(PATCHES),
        method=f"self_{kind}",
        binarise=own.binarise,
        workers=p.runtime.workers,
    )
    parquet.write_shards(Path(f"data/pseudo_labels/self_{kind}"), schemas.PSEUDO_LABELS, rows)


if __name__ == "__main__":
    console.run(main)
