"""Train with one variant of AICL and see how calibrated that is: `python -m pipeline.calibrate_aicl NAME vgg16 all 0`.

Reads data/photos and data/patches; writes data/calibration/<variant>-<backbone>-<train_on>-<seed>.json.
Costs: a training as train_classifier's, and the validation and test patches once.
"""

from pathlib import Path

from crackpipe import params, runtime, stage
from crackpipe.classify import matrix
from crackpipe.classify.losses import catalogue

PHOTOS, PATCHES, CELLS = Path("data/photos"), Path("data/patches/patches.parquet"), Path("data/calibration")
DRAWN = {"epochs", "patches_per_epoch", "crack_share"}
SCHEDULE = {"augment", "batch", "lr", "lr_gamma", "lr_step_epochs", "momentum", "optimiser", "weight_decay"}


def main() -> None:
    variant, backbone, source, seed = stage.arguments(
        {"variant": None, "backbone": params.BACKBONES, "train_on": None, "seed": None}
    )
    p = params.load()
    q, r = p.train_classifier, p.calibrate
    settings = {**p.losses.aicl.model_dump(), **r.variant(variant)}
    machine = runtime.start(device=p.runtime.device, precision=q.precision, threads=p.runtime.threads, keep_memory=True)
    runtime.seed_everything(int(seed))
    matrix.run(
        CELLS / f"{variant}-{backbone}-{source}-{seed}.json",
        name=variant,
        loss=catalogue.build("aicl", settings),
        backbone=backbone,
        train_on=source,
        seed=int(seed),
        weights=q.weights,
        side_px=p.slice.side_px,
        test_patches=r.test_patches,
        attack=r.attack.model_dump(),
        drawn=q.model_dump(include=DRAWN),
        schedule=q.model_dump(include=SCHEDULE),
        photos=PHOTOS,
        patches=PATCHES,
        machine=machine,
        workers=p.runtime.workers,
        key=[settings, q.precision, p.runtime.device, p.runtime.threads],
    )


if __name__ == "__main__":
    stage.run(main)
