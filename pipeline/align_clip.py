"""Align images with text: patches with prompts, then photographs with their captions.

Reads data/photos, data/patches and models/classifier (the trunk); writes models/clip_base, which has seen no caption,
and models/clip, tuned on captions (the same where there are none). Costs: one run of the image tower over patches and
captioned photographs, then epochs of what is trained; of a tower with trained blocks, all of it in every epoch.
"""

from pathlib import Path

from crackpipe import checkpoints, params, runtime, schemas, stage, tables
from crackpipe.clip import embedding, encoder, pairing, parts, prompts, starting, tuning
from crackpipe.clip.encoder import DualEncoder, OpenClipEncoder

PHOTOS, PATCHES, CLASSIFIER = Path("data/photos"), Path("data/patches/patches.parquet"), Path("models/classifier")
BASE, TUNED, CODE = Path("models/clip_base"), Path("models/clip"), Path("data/code/align_clip")


def main() -> None:
    p = params.load()
    q, workers = p.align_clip, p.runtime.workers
    machine = runtime.start(
        device=p.runtime.device, precision=p.runtime.precision, threads=p.runtime.threads, keep_memory=True
    )
    runtime.seed_everything(q.seed)
    dual = q.encoder == "dual"
    model: DualEncoder | OpenClipEncoder
    if dual:
        model, spec = starting.dual(CLASSIFIER, trunk=q.trunk, **q.model_dump(include=starting.SIZES))
    else:
        model, spec = starting.named(q.open_clip_model, weights=q.weights, image_px=q.image_px)
    photo_px = embedding.square_px(encoder.place(model, machine), side_px=p.embed.side_px, key="embed.side_px")
    settings = {"machine": machine, **q.model_dump(include=tuning.SETTINGS)}
    inputs = [CODE, PHOTOS, PATCHES, *([CLASSIFIER] if dual and q.trunk == "classifier" else [])]
    inputs += [file for file in [Path(q.weights)] if not dual and file.is_file()]
    own = p.model_dump(include={"align_clip", "embed", "prompts", "runtime", "slice"})
    digest = checkpoints.fingerprint(own, inputs)
    with (
        checkpoints.opened("align_clip-prompts", digest) as first,
        checkpoints.opened("align_clip-captions", digest) as second,
    ):
        patches = pairing.of_sources(tables.read(PATCHES, schemas.PATCHES).to_pandas(), q.sources)
        texts = prompts.sets(**p.prompts.model_dump())
        size = {"side_px": p.slice.side_px, "workers": workers, "seed": q.seed}
        sets, history = pairing.of_patches(patches, PHOTOS, texts, count=q.patches if dual else 0, **size), []
        if sets:
            once = {"trained": parts.thaw(model, freeze="image", train_blocks=0), "epochs": q.prompt_epochs, **settings}
            once["checkpoint"] = first
            history = tuning.fit(model, sets, validation=None, **once)
        tuning.save(BASE, model, spec, history=history)
        size["side_px"] = photo_px
        pairs = pairing.of_photographs(PHOTOS, splits=("train", "val"), share=q.share, views=q.views, **size)
        if q.epochs and "train" in pairs:
            trained = parts.thaw(model, freeze=q.freeze, train_blocks=q.train_blocks)
            again = {"trained": trained, "epochs": q.epochs, "checkpoint": second, **settings}
            history = tuning.fit(model, [*sets, pairs["train"]], validation=pairs.get("val"), **again)
        tuning.save(TUNED, model, spec, history=history)


if __name__ == "__main__":
    stage.run(main)
