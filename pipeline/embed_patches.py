"""Draw a balanced pool and test set of patches, and embed each once with one encoder: what few-shot heads learn from.

Reads data/photos, data/patches and models/clip_base or models/clip; writes data/few_shot_patches: items and vectors.
Costs: one decoding of the photographs drawn from, one run of the encoder on each patch; memory of a few batches.
"""

from pathlib import Path

from crackpipe import console
from crackpipe.clip import embedding, prompts
from crackpipe.clip.encoders import encoder_files
from crackpipe.few_shot import draw, embed
from crackpipe.files import parquet, schemas
from crackpipe.params.project import Project

PHOTOS, PATCHES, OUT = Path("data/photos"), Path("data/patches/patches.parquet"), Path("data/few_shot_patches")
ENCODERS = {"base": Path("models/clip_base"), "tuned": Path("models/clip")}  # before and after captions
COLUMNS = ["photo_id", "source", "split", "group_id"]


def main() -> None:
    project = Project.open()
    p = project.params
    q = p.few_shot
    patches = parquet.read(PATCHES, schemas.PATCHES).to_pandas()
    photos = parquet.read(PHOTOS, schemas.PHOTOS, columns=COLUMNS).to_pandas()
    sources = q.model_dump(include={"train_sources", "test_sources", "ood_sources"})
    counts = q.model_dump(include={"pool", "test", "ood"})
    if q.heads:
        items = draw.draw(patches, photos, **sources, **counts, seed=q.seed)
        for line in draw.shortages(items, **counts):
            console.say(f"embed_patches: {line}")
    else:
        items = draw.nothing(patches)
    runtime = project.start_runtime()
    model = encoder_files.load(ENCODERS[q.encoder], runtime)
    texts = (q.no_crack_texts, q.crack_texts) if q.crack_texts else prompts.sets(**p.prompts.model_dump())
    side_px = embedding.square_px(model, side_px=p.slice.side_px, key="slice.side_px")
    embed.write(OUT, items, PHOTOS, texts, model, runtime, side_px=side_px, batch=q.batch, workers=p.runtime.workers)
    console.say(f"embed_patches: {items['split'].value_counts().sort_index().to_dict()}")


if __name__ == "__main__":
    console.run(main)
