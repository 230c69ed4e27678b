"""Align images with text, so that prompts can be compared with what the image encoder sees.

Reads data/photos, data/patches and models/classifier; writes models/clip. Costs: one run of the frozen trunk over
the drawn patches and captioned photographs, then epochs of two small towers. A named open_clip model is kept as it is.
"""

from pathlib import Path

import pandas as pd

from crackpipe import params, runtime, stage, tables
from crackpipe.clip import alignment, encoder, pairing
from crackpipe.data.photo_cache import PhotoCache

PHOTOS, PATCHES, MODEL = Path("data/photos"), Path("data/patches/patches.parquet"), Path("models/clip")


def main() -> None:
    p = params.load()
    q = p.align_clip
    machine = runtime.start(device=p.runtime.device, precision=p.runtime.precision, threads=p.runtime.threads)
    runtime.seed_everything(q.seed)
    if q.encoder == "open_clip":
        spec = {"architecture": "open_clip", "name": q.open_clip_model}
        encoder.save(MODEL, encoder.create(spec, weights=q.weights), spec)
        return
    model, spec = pairing.dual_encoder(
        Path("models/classifier"), joint_width=q.joint_width, text_width=q.text_width, text_layers=q.text_layers
    )
    machine.place(model)
    patches = pairing.draw_patches(tables.read(PATCHES, tables.PATCHES).to_pandas(), count=q.patches, seed=q.seed)
    captions = pairing.captioned(PHOTOS)
    with PhotoCache(PHOTOS, wanted=[*patches["photo_id"], *captions["photo_id"]], workers=p.runtime.workers) as photos:
        sets = [
            pairing.from_patches(
                model,
                patches,
                photos,
                machine,
                side_px=p.slice.side_px,
                workers=p.runtime.workers,
                prompts=pairing.prompts(p.prompts.model_dump()),
            )
        ]
        if len(captions) > 1:
            sets.append(pairing.from_captions(model, captions, photos, machine))
    history = alignment.align(
        model,
        sets,
        epochs=q.epochs,
        batch=q.batch,
        lr=q.lr,
        warmup_steps=q.warmup_steps,
        weight_decay=q.weight_decay,
        seed=q.seed,
        machine=machine,
    )
    encoder.save(MODEL, model, spec)
    pd.DataFrame(history).to_csv(MODEL / "history.csv", index=False)


if __name__ == "__main__":
    stage.run(main)
