"""Run the frozen image encoder once on every training window: its tokens are what all text adapters learn from.

Reads data/photos and models/clip; writes data/windows, whose size it tells first and `embed_windows.max_gib` bounds
(nothing where no text adapters are trained). Costs: one run of the encoder on each window, whatever labels, prompts
and seeds are trained with later; memory of 64 MiB of tokens and a few photographs.
"""

from functools import partial
from pathlib import Path

from crackpipe import console
from crackpipe.clip.encoders import encoder_files
from crackpipe.params.project import Project
from crackpipe.segment.adapters import token_cache, token_windows
from crackpipe.segment.windows import augment

PHOTOS, CLIP, WINDOWS = Path("data/photos"), Path("models/clip"), Path("data/windows")


def main() -> None:
    project = Project.open()
    p = project.params
    q, workers = p.embed_windows, p.runtime.workers
    runtime = project.start_runtime()
    encoder = encoder_files.load(CLIP, runtime)
    if "text_adapters" not in p.train_segmenter.segmenters and not p.ablate_prompts.wordings:
        token_cache.write(WINDOWS, [], count=0, kept={}, encoder=encoder, batch=q.batch, runtime=runtime)
        return
    splits = ["train", *p.train_segmenter.unlabelled]
    chosen = token_windows.draw(PHOTOS, splits=splits, count=p.train_segmenter.photos, seed=q.seed)
    kept = token_cache.shapes(encoder, stages=q.stages, side_px=q.side_px, runtime=runtime)
    count = q.views * len(chosen)
    console.say(f"{WINDOWS}: {token_cache.check_size(kept, count=count, max_gib=q.max_gib)}")
    change = partial(augment.view, side_px=q.side_px, fit=q.fit, **p.train_segmenter.augment.model_dump())
    seen = token_windows.see(PHOTOS, chosen, change, views=q.views, seed=q.seed, workers=workers)
    token_cache.write(WINDOWS, seen, count=count, kept=kept, encoder=encoder, batch=q.batch, runtime=runtime)


if __name__ == "__main__":
    console.run(main)
