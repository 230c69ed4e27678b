"""Masks of a segmenter as labels for the next one: `python -m pipeline.self_label soft_location`.

Reads data/photos, data/patches (labels of training patches), models/clip and the model and masks of the segmenter
`self_label.segmenter` that was trained on those labels; writes data/pseudo_labels/self_<labels>. Costs: the segmenter
on each photograph that has no mask yet, or on all where `self_label` changes how it looks.
"""

from functools import partial
from pathlib import Path

from crackpipe import console
from crackpipe.files import parquet, schemas
from crackpipe.params import TEACHER_LABELS
from crackpipe.params.project import Project
from crackpipe.pseudo import patch_labels, self_training
from crackpipe.segment.inference import segmenter, torch_engine
from crackpipe.segment.inference.segmenter import Inference

PHOTOS, PATCHES = Path("data/photos"), Path("data/patches/patches.parquet")


def main() -> None:
    (kind,) = console.arguments({"labels": TEACHER_LABELS})
    project = Project.open()
    params = project.params
    teacher, method = f"{params.self_label.segmenter}-{kind}", f"self_{kind}"
    runtime = project.start_runtime()
    model = torch_engine.load(Path(f"models/segmenter/{teacher}"), runtime, clip=Path("models/clip"))
    segment = params.segment.model_dump(exclude={"splits"})
    own = segment | params.self_label.changes()
    settings = Inference(**own)
    rows = self_training.rows(
        PHOTOS,
        Path(f"data/masks/{teacher}") if own == segment else None,
        segment=partial(segmenter.segment, segmenter=model, settings=settings),
        crack_free_patches=patch_labels.crack_free_patches(PATCHES),
        method=method,
        binarise=getattr(params.pseudo_label, f"self_{kind}").binarise,
        workers=params.runtime.workers,
    )
    parquet.write_shards(Path(f"data/pseudo_labels/{method}"), schemas.PSEUDO_LABELS, rows)


if __name__ == "__main__":
    console.run(main)
