"""Train the patch classifier.

Reads data/photos and data/patches; writes models/classifier and metrics/classifier.json.
Costs: one decoding of the training photographs, then epochs × patches_per_epoch forward and backward passes.
"""

from pathlib import Path
from typing import Any

import pandas as pd

from crackpipe import console
from crackpipe.classify import calibrator, classifier, recipe, scoring
from crackpipe.classify.losses import catalogue
from crackpipe.classify.training_inputs import Photographed
from crackpipe.compute import seeds
from crackpipe.data.photo_cache import PhotoCache
from crackpipe.files import fingerprint, metrics, parquet, schemas
from crackpipe.models import checkpoints
from crackpipe.params.project import Project

PHOTOS, PATCHES, MODEL = Path("data/photos"), Path("data/patches/patches.parquet"), Path("models/classifier")
CODE = Path("data/code/train_classifier")
DRAWN = {"epochs", "patches_per_epoch", "crack_share", "seed"}
OTHERS = {"augment", "backbone", "weights", "loss", "posthoc", "precision", "score_patches", *(DRAWN - {"seed"})}


def main() -> None:
    project = Project.open()
    p = project.params
    q, own = p.train_classifier, getattr(p.losses, p.train_classifier.loss)
    side_px, workers = p.slice.side_px, p.runtime.workers
    runtime = project.start_runtime(precision=q.precision, keep_memory=True)
    seeds.seed_everything(q.seed)
    patches = parquet.read(PATCHES, schemas.PATCHES).to_pandas()
    scored = scoring.choose(patches, count=q.score_patches, seed=q.seed)
    where = "train_classifier.posthoc"
    calibrator.check(q.posthoc, scoring.labels(recipe.validated(scored)), where=where)
    plan = recipe.plan(patches, scored, **q.model_dump(include=DRAWN))
    model = classifier.create(backbone=q.backbone, weights=q.weights, side_px=side_px)
    runtime.place(model.network)
    values = [q.model_dump(), own.model_dump(), side_px, p.runtime.device, p.runtime.threads]
    with (
        checkpoints.opened("train_classifier", fingerprint.of(values, [CODE, PHOTOS, PATCHES])) as checkpoint,
        PhotoCache(PHOTOS, wanted=plan.photographs(), workers=workers) as photos,
    ):
        loss = catalogue.build(q.loss, own.model_dump())
        inputs = Photographed(photos, side_px, workers, q.augment.model_dump())
        settings: dict[str, Any] = {"loss": loss, "checkpoint": checkpoint, **q.model_dump(exclude=OTHERS)}
        history = recipe.train(model, plan, inputs, runtime=runtime, **settings)
        scores = scoring.score(model, recipe.validated(scored), inputs, runtime)  # before a calibrator has seen them
        model = recipe.calibrated(model, q.posthoc, scored, inputs, runtime=runtime, where=where)
        scores |= scoring.score(model, scored[scored["split"] == "test"], inputs, runtime)
        classifier.save(MODEL, model)
        if history:
            pd.DataFrame(history).to_csv(MODEL / "history.csv", index=False)
    metrics.write_json(Path("metrics/classifier.json"), scores)


if __name__ == "__main__":
    console.run(main)
