"""Run the frozen image encoder once on every training window: its tokens are what all text adapters learn from.

Reads data/photos and models/clip; writes data/windows, whose size is printed first and bounded by
`embed_windows.max_gib` (an empty table where no text adapters are trained). Costs: one run of the encoder on each
window, whatever labels, prompts and seeds are trained with later; memory of 64 MiB of tokens and a few photographs.
"""

from functools import partial
from pathlib import Path
from typing import Any

from crackpipe import console
from crackpipe.clip.encoders import encoder_files
from crackpipe.files import fingerprint
from crackpipe.params.project import Project
from crackpipe.segment.adapters import token_cache, token_windows
from crackpipe.segment.windows import augment

PHOTOS, CLIP, WINDOWS = Path("data/photos"), Path("models/clip"), Path("data/windows")
CODE = Path("data/code/embed_windows")


def main() -> None:
    project = Project.open()
    params = project.params
    section, common, workers = params.embed_windows, params.train_segmenter, params.runtime.workers
    runtime = project.start_runtime(keep_memory=True)
    encoder = encoder_files.load(CLIP, runtime)
    write: dict[str, Any] = {"encoder": encoder, "batch": section.batch, "runtime": runtime}
    if not common.adapters:
        token_cache.write(WINDOWS, [], count=0, shapes={}, **write)
        return
    crack_free = params.pseudo_label.keep_px == 0  # else their labels are too small to be trained on
    drawn: dict[str, Any] = {"unlabelled": common.unlabelled, "count": common.photos, "seed": section.seed}
    photo_ids = token_windows.draw(PHOTOS, crack_free=crack_free, **drawn)
    shapes = token_cache.token_shapes(encoder, stages=section.stages, side_px=section.side_px, runtime=runtime)
    count = section.views * len(photo_ids)
    console.say(f"{WINDOWS}: {token_cache.check_size(shapes, count=count, max_gib=section.max_gib)}")
    changes = augment.Augmentation(**common.augment.model_dump())
    view = partial(augment.view, side_px=section.side_px, fit=section.fit, augmentation=changes)
    windows = token_windows.cut_windows(
        PHOTOS, photo_ids, view, views=section.views, seed=section.seed, workers=workers
    )
    token_cache.write(WINDOWS, windows, count=count, shapes=shapes, **write)
    values = [section.model_dump(), common.model_dump(include={"augment", "photos", "unlabelled"}), str(runtime)]
    digest = fingerprint.of([*values, params.runtime.threads, crack_free], [CODE, PHOTOS, CLIP])
    (WINDOWS / "fingerprint").write_text(f"{digest}\n", encoding="ascii")  # what a killed training is told by


if __name__ == "__main__":
    console.run(main)
