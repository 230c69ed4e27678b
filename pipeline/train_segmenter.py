"""Train one segmenter on one kind of labels: `python -m pipeline.train_segmenter text_adapters pseudo`.

Reads data/photos, data/pseudo_labels and models/clip; writes models/segmenter/<segmenter>-<labels>.
Costs: one run of the frozen encoder over the training windows, then epochs of the adapters alone.
"""

import sys
from functools import partial
from pathlib import Path

import pandas as pd

from crackpipe import checkpoints, params, progress, runtime, stage
from crackpipe.clip import encoder, pairing, prompts
from crackpipe.data.photo_cache import PhotoCache
from crackpipe.segment import labels, losses, segmenter, training, windows
from crackpipe.segment.tokens import KeptTokens

PHOTOS, LABELS, CLIP = Path("data/photos"), Path("data/pseudo_labels"), Path("models/clip")


def main() -> None:
    name, kind = sys.argv[1:]
    p = params.load()
    q, own = p.train_segmenter, p.train_segmenter.text_adapters
    machine = runtime.start(device=p.runtime.device, precision=p.runtime.precision, threads=p.runtime.threads)
    runtime.seed_everything(q.seed)
    known = (
        labels.pseudo(PHOTOS, LABELS, keep_px=p.pseudo_label.keep_px)
        if kind == "pseudo"
        else labels.truth(PHOTOS, keep_px=p.pseudo_label.keep_px)
    )
    chosen = labels.draw(known, count=q.photos, seed=q.seed, kind=kind)
    plan = windows.plan(chosen, symmetries=q.symmetries, seed=q.seed)
    eyes = encoder.load(CLIP, machine)
    model = segmenter.create(eyes, stages=own.stages, combine=own.combine)
    flawless, damaged = pairing.prompts(p.prompts.model_dump())
    model.network.text.copy_(prompts.text_matrix(eyes, flawless=flawless, damaged=damaged))
    model.network.to(machine.device)
    digest = checkpoints.fingerprint(
        [name, kind, q.model_dump(), p.pseudo_label.model_dump(), p.prompts.model_dump()], [PHOTOS, LABELS, CLIP]
    )
    with checkpoints.opened(f"train_segmenter-{name}-{kind}", digest) as checkpoint, KeptTokens() as kept:
        with PhotoCache(PHOTOS, wanted=chosen, workers=p.runtime.workers) as photos:
            cut = partial(
                windows.item,
                photos=photos,
                labels=known,
                binarise=p.pseudo_label.binarise,
                side_px=q.side_px,
                fit=q.fit,
            )
            items = progress.prefetch(cut, plan, workers=p.runtime.workers, ahead=32)
            kept.fill(items, count=len(plan), encoder=eyes, stages=own.stages, batch=q.batch, machine=machine)
        loss = partial(
            losses.text_adapters,
            focal_weight=own.focal_weight,
            dice_weight=own.dice_weight,
            edge_weight=own.edge_weight,
        )
        history = training.fit(
            model,
            kept,
            loss=loss,
            epochs=q.epochs,
            batch=q.batch,
            lr=q.lr,
            seed=q.seed,
            machine=machine,
            checkpoint=checkpoint,
        )
    folder = Path(f"models/segmenter/{name}-{kind}")
    segmenter.save(folder, model, labels=kind)
    pd.DataFrame(history).to_csv(folder / "history.csv", index=False)


if __name__ == "__main__":
    stage.run(main)
