"""Train a patch classifier with one loss: `python -m pipeline.calibrate aicl resnet50 all 0`.

The loss is one of `losses`, or a variant of AICL by its name in `calibrate.variants`. Reads data/trunk_features, or
data/photos and data/patches where `calibrate.train_from` is null; writes what was trained of the network to
models/calibration/<loss>-<backbone>-<train_on>-<seed>.
Costs: a training as train_classifier's, or of the last part of the network alone.
"""

from dataclasses import fields
from pathlib import Path

from crackpipe import console
from crackpipe.classify import loss_comparison
from crackpipe.classify.loss_comparison import Combination, ComparisonSettings, NetworkSettings, Tables
from crackpipe.classify.losses import catalogue
from crackpipe.classify.recipe import PlanSettings
from crackpipe.classify.training import TrainingSettings
from crackpipe.classify.training_inputs import Augmentation
from crackpipe.files import fingerprint
from crackpipe.params.project import Project

PHOTOS, PATCHES, FEATURES = Path("data/photos"), Path("data/patches/patches.parquet"), Path("data/trunk_features")
MODELS, CODE = Path("models/calibration"), Path("data/code/calibrate")


def main() -> None:
    name, backbone, source, seed = console.arguments({"loss": None, "backbone": None, "train_on": None, "seed": None})
    project = Project.open()
    section, comparison, settings = project.params.runtime, project.params.calibrate, project.params.train_classifier
    loss, of_loss = project.params.loss(name)
    network = NetworkSettings(settings.weights, settings.head, project.params.slice.side_px, comparison.train_from)
    loss_comparison.train(
        MODELS / f"{name}-{backbone}-{source}-{seed}",
        Combination(name, backbone, source, console.whole_number(seed, name="SEED")),
        loss=catalogue.build(loss, of_loss),
        settings=ComparisonSettings(
            network=network,
            val_patches=comparison.val_patches,
            scored_seed=settings.seed,
            plan=PlanSettings(settings.epochs, settings.patches_per_epoch, settings.crack_share),
            augmentation=Augmentation(**settings.augment.model_dump()),
            training=TrainingSettings(
                **settings.model_dump(include={field.name for field in fields(TrainingSettings)})
            ),
        ),
        tables=Tables(PHOTOS, PATCHES, FEATURES / backbone),
        runtime=project.start_runtime(precision=settings.precision, keep_memory=True),
        workers=section.workers,
        key=[of_loss, settings.precision, section.device, section.threads, fingerprint.of(None, [CODE])],
    )


if __name__ == "__main__":
    console.run(main)
