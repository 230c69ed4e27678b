"""Align images with text: patches with prompts, then photographs with their captions.

Reads data/photos, data/patches and models/classifier (the trunk); writes models/clip_base, which has seen no caption,
and models/clip, tuned on captions (the same where there are none). Costs: one run of the image tower over patches and
captioned photographs, then epochs of what is trained; of a tower with trained blocks, all of it in every epoch.
"""

from functools import partial
from pathlib import Path

from crackpipe import checkpoints, params, runtime, stage, tables
from crackpipe.clip import embedding, encoder, pairing, parts, prompts, starting, tuning
from crackpipe.data.photo_cache import PhotoCache

PHOTOS, PATCHES, CLASSIFIER = Path("data/photos"), Path("data/patches/patches.parquet"), Path("models/classifier")
BASE, TUNED = Path("models/clip_base"), Path("models/clip")


def main() -> None:
    p = params.load()
    q, workers = p.align_clip, p.runtime.workers
    machine = runtime.start(device=p.runtime.device, precision=p.runtime.precision, threads=p.runtime.threads)
    runtime.seed_everything(q.seed)
    dual, inputs = q.encoder == "dual", [PHOTOS, PATCHES]
    if dual:
        sizes = q.model_dump(include={"trunk", "joint_width", "text_width", "text_layers"})
        model, spec = starting.dual(CLASSIFIER, **sizes)
        inputs += [CLASSIFIER] if q.trunk == "classifier" else []
    else:
        spec = {"architecture": "open_clip", "name": q.open_clip_model}
        model = encoder.create(spec, weights=q.weights)
    encoder.place(model, machine)
    fit = partial(tuning.fit, model, machine=machine, **q.model_dump(include=tuning.SETTINGS))
    chosen = p.model_dump(include={"align_clip", "embed", "prompts", "runtime", "slice"})
    digest = checkpoints.fingerprint(chosen, inputs)
    with (
        checkpoints.opened("align_clip-prompts", digest) as first,
        checkpoints.opened("align_clip-captions", digest) as second,
    ):
        patches = tables.read(PATCHES, tables.PATCHES).to_pandas()
        drawn = pairing.draw_patches(patches, count=q.patches, seed=q.seed) if dual else patches[:0]
        sets, history = [], []
        if len(drawn):
            trained = parts.thaw(model, freeze="image", train_blocks=0)
            with PhotoCache(PHOTOS, wanted=drawn["photo_id"], workers=workers) as photos:
                squares = pairing.patch_squares(drawn, photos, side_px=p.slice.side_px, workers=workers)
            texts = prompts.sets(**p.prompts.model_dump())
            sets = [pairing.with_prompts(squares, drawn["label"].to_numpy(), texts)]
            history = fit(sets, validation=None, trained=trained, epochs=q.prompt_epochs, checkpoint=first)
        tuning.save(BASE, model, spec, history=history)
        captions = pairing.captioned(PHOTOS, splits=("train", "val"), share=q.share, seed=q.seed)
        if q.epochs and (captions["split"] == "train").any():
            trained = parts.thaw(model, freeze=q.freeze, train_blocks=q.train_blocks)
            side_px = embedding.square_px(model, side_px=p.embed.side_px)
            squares = pairing.photo_squares(captions, PHOTOS, side_px=side_px, workers=workers)
            pairs = pairing.with_captions(squares, captions, views=q.views)
            sets.append(pairs["train"])
            history = fit(sets, validation=pairs.get("val"), trained=trained, epochs=q.epochs, checkpoint=second)
        tuning.save(TUNED, model, spec, history=history)


if __name__ == "__main__":
    stage.run(main)
