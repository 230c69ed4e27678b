"""Align images with text: patches with prompts, then photographs with their captions.

Reads data/photos, data/patches and models/classifier (the trunk); writes models/clip_base, which has seen no caption,
and models/clip, tuned on captions (the same where there are none). Costs: one run of the image tower over patches and
captioned photographs, then epochs of what is trained; of a tower with trained blocks, all of it in every epoch.
"""

from pathlib import Path

from crackpipe import console
from crackpipe.clip import embedding, prompts
from crackpipe.clip.encoders import build, encoder_files
from crackpipe.clip.encoders.dual_encoder import DualEncoder
from crackpipe.clip.encoders.open_clip_encoder import OpenClipEncoder
from crackpipe.clip.training import freezing, pairing, tuning
from crackpipe.compute import seeds
from crackpipe.files import fingerprint, parquet, schemas
from crackpipe.models import checkpoints
from crackpipe.params.project import Project

PHOTOS, PATCHES, CLASSIFIER = Path("data/photos"), Path("data/patches/patches.parquet"), Path("models/classifier")
BASE, TUNED, CODE = Path("models/clip_base"), Path("models/clip"), Path("data/code/align_clip")


def main() -> None:
    project = Project.open()
    p = project.params
    q, workers = p.align_clip, p.runtime.workers
    runtime = project.start_runtime(keep_memory=True)
    seeds.seed_everything(q.seed)
    dual = q.encoder == "dual"
    model: DualEncoder | OpenClipEncoder
    if dual:
        model, spec = build.dual(CLASSIFIER, trunk=q.trunk, **q.model_dump(include=build.SIZES))
    else:
        model, spec = build.named(q.open_clip_model, weights=q.weights, image_px=q.image_px)
    photo_px = embedding.square_px(encoder_files.place(model, runtime), side_px=p.embed.side_px, key="embed.side_px")
    settings = {"runtime": runtime, **q.model_dump(include=tuning.SETTINGS)}
    inputs = [CODE, PHOTOS, PATCHES, *([CLASSIFIER] if dual and q.trunk == "classifier" else [])]
    inputs += [file for file in [Path(q.weights)] if not dual and file.is_file()]
    own = p.model_dump(include={"align_clip", "embed", "prompts", "runtime", "slice"})
    digest = fingerprint.of(own, inputs)
    with (
        checkpoints.opened("align_clip-prompts", digest) as first,
        checkpoints.opened("align_clip-captions", digest) as second,
    ):
        patches = pairing.of_sources(parquet.read(PATCHES, schemas.PATCHES).to_pandas(), q.sources)
        texts = prompts.sets(**p.prompts.model_dump())
        size = {"side_px": p.slice.side_px, "workers": workers, "seed": q.seed}
        sets, history = pairing.of_patches(patches, PHOTOS, texts, count=q.patches if dual else 0, **size), []
        if sets:
            once = {
                "trained": freezing.thaw(model, freeze="image", train_blocks=0),
                "epochs": q.prompt_epochs,
                **settings,
            }
            once["checkpoint"] = first
            history = tuning.fit(model, sets, validation=None, **once)
        tuning.save(BASE, model, spec, history=history)
        size["side_px"] = photo_px
        pairs = pairing.of_photographs(PHOTOS, splits=("train", "val"), share=q.share, views=q.views, **size)
        if q.epochs and "train" in pairs:
            trained = freezing.thaw(model, freeze=q.freeze, train_blocks=q.train_blocks)
            again = {"trained": trained, "epochs": q.epochs, "checkpoint": second, **settings}
            history = tuning.fit(model, [*sets, pairs["train"]], validation=pairs.get("val"), **again)
        tuning.save(TUNED, model, spec, history=history)


if __name__ == "__main__":
    console.run(main)
