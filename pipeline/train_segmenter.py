"""Train one segmenter on one kind of labels: `python -m pipeline.train_segmenter text_adapters pseudo`.

Reads data/photos, data/pseudo_labels and models/clip; writes models/segmenter/<segmenter>-<labels>.
Costs: one run of the frozen encoder over the training windows, then epochs of the adapters alone.
"""

from functools import partial
from pathlib import Path

import pandas as pd

from crackpipe import checkpoints, params, progress, runtime, stage
from crackpipe.clip import encoder, prompts
from crackpipe.data.photo_cache import PhotoCache
from crackpipe.segment import labels, losses, segmenter, training, windows
from crackpipe.segment.tokens import KeptTokens

PHOTOS, LABELS, CLIP = Path("data/photos"), Path("data/pseudo_labels"), Path("models/clip")


def main() -> None:
    name, kind = stage.arguments("segmenter", "labels")
    p = params.load()
    q, own, binarise, workers = (
        p.train_segmenter,
        p.train_segmenter.text_adapters,
        p.pseudo_label.binarise,
        p.runtime.workers,
    )
    machine = runtime.start(device=p.runtime.device, precision=p.runtime.precision, threads=p.runtime.threads)
    runtime.seed_everything(q.seed)
    folder = Path(f"models/segmenter/{name}-{kind}")
    known = labels.load(kind, photos=PHOTOS, pseudo_labels=LABELS, keep_px=p.pseudo_label.keep_px)
    chosen = labels.draw(known, count=q.photos, seed=q.seed, kind=kind)
    plan = windows.plan(chosen, symmetries=q.symmetries, seed=q.seed)
    eyes = encoder.load(CLIP, machine)
    flawless, damaged = prompts.sets(**p.prompts.model_dump())
    text = prompts.text_matrix(eyes, flawless=flawless, damaged=damaged)
    model = segmenter.create(eyes, stages=own.stages, combine=own.combine, text=text)
    model.network.to(machine.device)
    settings = [name, kind, q.model_dump(), p.pseudo_label.model_dump(), p.prompts.model_dump()]
    settings.append(p.runtime.model_dump(exclude={"workers"}))
    digest = checkpoints.fingerprint(settings, [PHOTOS, LABELS, CLIP])
    with checkpoints.opened(f"train_segmenter-{name}-{kind}", digest) as checkpoint, KeptTokens() as kept:
        with PhotoCache(PHOTOS, wanted=chosen, workers=workers) as photos:
            cut = partial(windows.item, photos=photos, labels=known, binarise=binarise, side_px=q.side_px, fit=q.fit)
            items = progress.prefetch(cut, plan, workers=workers, ahead=4 * q.batch)
            kept.fill(items, count=len(plan), encoder=eyes, stages=own.stages, batch=q.batch, machine=machine)
        weights = own.model_dump(include={"focal_weight", "dice_weight", "edge_weight"})
        loss = partial(losses.text_adapters, **weights)
        fit = partial(training.fit, model, kept, loss=loss, machine=machine, checkpoint=checkpoint)
        history = fit(**q.model_dump(include={"epochs", "batch", "lr", "seed"}))
        segmenter.save(folder, model, labels=kind)
        pd.DataFrame(history).to_csv(folder / "history.csv", index=False)


if __name__ == "__main__":
    stage.run(main)
