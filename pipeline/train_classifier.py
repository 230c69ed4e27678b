"""Train the patch classifier.

Reads data/photos and data/patches; writes models/classifier and metrics/classifier.json.
Costs: one decoding of the training photographs, then epochs × patches_per_epoch forward and backward passes.
"""

from pathlib import Path

import numpy as np
import pandas as pd

from crackpipe import checkpoints, params, reports, runtime, stage, tables
from crackpipe.classify import classifier, losses, sampling, scoring, training
from crackpipe.data.photo_cache import PhotoCache

PHOTOS, PATCHES, MODEL = Path("data/photos"), Path("data/patches/patches.parquet"), Path("models/classifier")


def main() -> None:
    p = params.load()
    q = p.train_classifier
    machine = runtime.start(device=p.runtime.device, precision=q.precision, threads=p.runtime.threads)
    runtime.seed_everything(q.seed)
    patches = tables.read(PATCHES, tables.PATCHES).to_pandas()
    train = patches[patches["split"] == "train"].reset_index(drop=True)
    scored = scoring.choose(patches, count=q.score_patches, seed=q.seed)
    orders = [
        sampling.draw(
            train["label"].to_numpy(), count=q.patches_per_epoch, crack_share=q.crack_share, seed=q.seed, epoch=e
        )
        for e in range(q.epochs)
    ]
    wanted = set(train["photo_id"].iloc[np.concatenate(orders)]) | set(scored["photo_id"])
    model = classifier.create(backbone=q.backbone, weights=q.weights, side_px=p.slice.side_px)
    machine.place(model.network)
    digest = checkpoints.fingerprint([q.model_dump(), p.slice.model_dump(), p.runtime.model_dump()], [PHOTOS, PATCHES])
    with (
        checkpoints.opened("train_classifier", digest) as checkpoint,
        PhotoCache(PHOTOS, wanted=wanted, workers=p.runtime.workers) as photos,
    ):
        history = training.fit(
            model,
            batches=lambda epoch: sampling.augmented_batches(
                train,
                photos,
                orders[epoch],
                side_px=p.slice.side_px,
                batch=q.batch,
                workers=p.runtime.workers,
                seed=q.seed,
                epoch=epoch,
                **q.augment.model_dump(),
            ),
            steps_per_epoch=-(-q.patches_per_epoch // q.batch),
            validate=lambda: scoring.validation(model, scored, photos, machine, workers=p.runtime.workers),
            loss=losses.LOSSES[q.loss],
            optimise=training.optimiser(
                q.optimiser, model.network, lr=q.lr, momentum=q.momentum, weight_decay=q.weight_decay
            ),
            epochs=q.epochs,
            lr_gamma=q.lr_gamma,
            lr_step_epochs=q.lr_step_epochs,
            seed=q.seed,
            runtime=machine,
            checkpoint=checkpoint,
        )
        scores = scoring.score(model, scored, photos, machine, workers=p.runtime.workers)
    classifier.save(MODEL, model)
    pd.DataFrame(history).to_csv(MODEL / "history.csv", index=False)
    reports.write_json(Path("metrics/classifier.json"), scores)


if __name__ == "__main__":
    stage.run(main)
