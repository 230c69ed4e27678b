"""Align images with text: patches with prompts, then photographs with their captions.

Reads data/photos, data/patches and models/classifier (the trunk); writes models/clip_base, which has seen no caption,
and models/clip, tuned on captions (the same where there are none). Costs: one run of the image tower over patches and
captioned photographs, then epochs of what is trained.
"""

from dataclasses import replace
from functools import partial
from pathlib import Path

from crackpipe import console
from crackpipe.clip import embedding, prompts
from crackpipe.clip.encoders import build, encoder_files
from crackpipe.clip.training import freezing, pairing, tuning
from crackpipe.compute import seeds
from crackpipe.files import fingerprint, parquet, schemas
from crackpipe.models import checkpoints
from crackpipe.params.project import Project

PHOTOS, PATCHES, CLASSIFIER = Path("data/photos"), Path("data/patches/patches.parquet"), Path("models/classifier")
BASE, TUNED, CODE = Path("models/clip_base"), Path("models/clip"), Path("data/code/align_clip")
SPLITS, SECTIONS = ("train", "val"), {"align_clip", "embed", "prompts", "runtime", "slice"}


def main() -> None:
    project = Project.open()
    params, align = project.params, project.params.align_clip
    runtime = project.start_runtime(keep_memory=True)
    seeds.seed_everything(align.seed)
    encoder, spec, starting_files = build.untrained(CLASSIFIER, **align.model_dump(include=build.SETTINGS))
    encoder_files.place(encoder, runtime)
    photo_px = embedding.square_px(encoder, side_px=params.embed.side_px, key="embed.side_px")
    draws = {"workers": params.runtime.workers, "seed": align.seed}
    settings = tuning.TuningSettings(**align.model_dump(include=tuning.SETTINGS))
    brief, frozen = replace(settings, epochs=align.prompt_epochs), align.model_dump(include={"freeze", "train_blocks"})
    digest = fingerprint.of(params.model_dump(include=SECTIONS), [CODE, PHOTOS, PATCHES, *starting_files])
    with (
        checkpoints.opened("align_clip-prompts", digest) as first,
        checkpoints.opened("align_clip-captions", digest) as second,
    ):
        patches = pairing.of_sources(parquet.read(PATCHES, schemas.PATCHES).to_pandas(), align.sources)
        texts, count = prompts.sets(**params.prompts.model_dump()), align.patches if align.encoder == "dual" else 0
        sets = pairing.of_patches(patches, PHOTOS, texts, count=count, side_px=params.slice.side_px, **draws)
        fit = partial(tuning.fit, encoder, runtime=runtime)
        trained = freezing.thaw(encoder, freeze="image", train_blocks=0)
        if align.freeze == "image":  # else the first training would encode them for itself alone
            sets = [pairing.cache_frozen_features(pairs, encoder.eval(), runtime) for pairs in sets]
        history = fit(sets, validation=None, trained=trained, settings=brief, checkpoint=first)
        tuning.save(BASE, encoder, spec, history=history)
        views = align.model_dump(include={"share", "views"})
        pairs = pairing.of_photographs(PHOTOS, splits=SPLITS, side_px=photo_px, fit=params.embed.fit, **views, **draws)
        if align.epochs and "train" in pairs:
            trained, sets = freezing.thaw(encoder, **frozen), [*sets, pairs["train"]]
            history = fit(sets, validation=pairs.get("val"), trained=trained, settings=settings, checkpoint=second)
        tuning.save(TUNED, encoder, spec, history=history)


if __name__ == "__main__":
    console.run(main)
