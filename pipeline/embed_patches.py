"""Draw a balanced pool and test set of patches for few-shot heads, and embed each once with one encoder.

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
    params, few_shot = project.params, project.params.few_shot
    patches = parquet.read(PATCHES, schemas.PATCHES).to_pandas()
    photos = parquet.read(PHOTOS, schemas.PHOTOS, columns=COLUMNS).to_pandas()
    sources = few_shot.model_dump(include={"train_sources", "test_sources", "ood_sources"})
    counts = few_shot.model_dump(include={"pool", "test", "ood"})
    if few_shot.heads:
        items = draw.draw(patches, photos, **sources, **counts, seed=few_shot.seed)
        for line in draw.shortages(items, **counts):
            console.say(f"embed_patches: {line}")
    else:
        items = draw.nothing(patches)
    runtime = project.start_runtime(keep_memory=True)
    encoder = encoder_files.load(ENCODERS[few_shot.encoder], runtime)
    texts = prompts.sets(**params.prompts.model_dump())
    if few_shot.crack_texts:
        texts = few_shot.no_crack_texts, few_shot.crack_texts
    side_px = embedding.square_px(encoder, side_px=params.slice.side_px, key="slice.side_px")
    settings = embedding.EmbeddingSettings(side_px, few_shot.batch, params.runtime.workers)
    embed.write(OUT, items, PHOTOS, texts, encoder, runtime, settings=settings)
    console.say(f"embed_patches: {items['split'].value_counts().sort_index().to_dict()}")


if __name__ == "__main__":
    console.run(main)
