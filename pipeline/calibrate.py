"""Train with one loss and see how well calibrated that is: `python -m pipeline.calibrate aicl resnet50 all 0`.

The loss is one of `losses`, or a variant of AICL by its name in `calibrate.variants`. Reads data/photos, data/patches
and data/trunk_features; writes data/calibration/<loss>-<backbone>-<train_on>-<seed>.json.
Costs: a training as train_classifier's, or of the last part of the network alone, and the validation and test patches.
"""

from pathlib import Path

from crackpipe import console, params
from crackpipe.classify import loss_comparison
from crackpipe.classify.losses import catalogue
from crackpipe.files import fingerprint
from crackpipe.params.project import Project

PHOTOS, PATCHES, CELLS = Path("data/photos"), Path("data/patches/patches.parquet"), Path("data/calibration")
FEATURES, CODE = Path("data/trunk_features"), Path("data/code/calibrate")
DRAWN = {"epochs", "patches_per_epoch", "crack_share"}
SCHEDULE = {"batch", "lr", "lr_gamma", "lr_step_epochs", "momentum", "optimiser", "weight_decay"}


def main() -> None:
    name, backbone, source, seed = console.arguments(
        {"loss": None, "backbone": params.BACKBONES, "train_on": None, "seed": None}
    )
    project = Project.open()
    p = project.params
    q, r = p.train_classifier, p.calibrate
    loss, settings = p.loss(name)
    runtime = project.start_runtime(precision=q.precision, keep_memory=True)
    loss_comparison.run(
        CELLS / f"{name}-{backbone}-{source}-{seed}.json",
        name=name,
        loss=catalogue.build(loss, settings),
        backbone=backbone,
        train_on=source,
        seed=int(seed),
        scored_seed=q.seed,
        weights=q.weights,
        side_px=p.slice.side_px,
        train_from=r.train_from,
        val_patches=r.val_patches,
        test_patches=r.test_patches,
        attack=r.attack.model_dump(),
        drawn=q.model_dump(include=DRAWN),
        augment=q.augment.model_dump(),
        schedule=q.model_dump(include=SCHEDULE),
        photos=PHOTOS,
        patches=PATCHES,
        features=FEATURES / backbone,
        runtime=runtime,
        workers=p.runtime.workers,
        key=[settings, q.precision, p.runtime.device, p.runtime.threads, fingerprint.of(None, [CODE])],
    )


if __name__ == "__main__":
    console.run(main)
