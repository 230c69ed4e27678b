"""Align images with text, so that prompts can be compared with what the image encoder sees.

Reads data/photos, data/patches and models/classifier; writes models/clip. Costs: one run of the frozen trunk over
the drawn patches and captioned photographs, then epochs of two small towers. A named open_clip model is kept as it is.
"""

from pathlib import Path

import pandas as pd

from crackpipe import params, runtime, stage, tables
from crackpipe.clip import alignment, encoder, pairing, prompts
from crackpipe.data.photo_cache import PhotoCache

PHOTOS, PATCHES, MODEL = Path("data/photos"), Path("data/patches/patches.parquet"), Path("models/clip")


def main() -> None:
    p = params.load()
    q = p.align_clip
    machine = runtime.start(device=p.runtime.device, precision=p.runtime.precision, threads=p.runtime.threads)
    runtime.seed_everything(q.seed)
    if q.encoder == "open_clip":
        named = {"architecture": "open_clip", "name": q.open_clip_model}
        encoder.save(MODEL, encoder.create(named, weights=q.weights), named)
        return
    sizes = q.model_dump(include={"joint_width", "text_width", "text_layers"})
    model, spec = pairing.dual_encoder(Path("models/classifier"), **sizes)
    machine.place(model)
    patches = pairing.draw_patches(tables.read(PATCHES, tables.PATCHES).to_pandas(), count=q.patches, seed=q.seed)
    captions = pairing.captioned(PHOTOS)
    texts = prompts.sets(**p.prompts.model_dump())
    wanted = [*patches["photo_id"], *captions["photo_id"]]
    with PhotoCache(PHOTOS, wanted=wanted, workers=p.runtime.workers) as photos:
        size = {"side_px": p.slice.side_px, "workers": p.runtime.workers}
        sets = [pairing.from_patches(model, patches, photos, machine, prompts=texts, **size)]
        if len(captions) > 1:
            sets.append(pairing.from_captions(model, captions, photos, machine))
    schedule = q.model_dump(include={"epochs", "batch", "lr", "warmup_steps", "weight_decay", "seed"})
    history = alignment.align(model, sets, machine=machine.for_training(), **schedule)
    encoder.save(MODEL, model, spec)
    pd.DataFrame(history).to_csv(MODEL / "history.csv", index=False)


if __name__ == "__main__":
    stage.run(main)
