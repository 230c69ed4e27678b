"""Compute a frozen trunk's features of drawn patches: all losses and seeds of the comparison train on them.

`python -m pipeline.trunk_features resnet50`. Reads data/photos and data/patches; writes data/trunk_features/<backbone>
(a table without patches where `calibrate.train_from` is null, as whole networks are trained then). All patches are
resized to the first of `train_classifier.augment.sides_px`. Costs: one decoding of the photographs drawn from, one run
of the trunk on each patch; memory of the features.
"""

from pathlib import Path

from crackpipe import console
from crackpipe.classify import feature_cache, loss_comparison
from crackpipe.classify.loss_comparison import NetworkSettings
from crackpipe.classify.training_inputs import Augmentation, PhotoInputs
from crackpipe.data.photo_cache import PhotoCache
from crackpipe.files import parquet, schemas
from crackpipe.params.project import Project

PHOTOS, PATCHES, OUT = Path("data/photos"), Path("data/patches/patches.parquet"), Path("data/trunk_features")


def main() -> None:
    (backbone,) = console.arguments({"backbone": None})
    project = Project.open()
    comparison, settings = project.params.calibrate, project.params.train_classifier
    side_px, workers, seed = project.params.slice.side_px, project.params.runtime.workers, settings.seed
    if comparison.train_from is None:
        feature_cache.write_empty(OUT / backbone)
        return
    runtime = project.start_runtime(precision=settings.precision, keep_memory=True)
    network = NetworkSettings(settings.weights, settings.head, side_px, comparison.train_from)
    model = loss_comparison.frozen(backbone, network, seed=seed, runtime=runtime)
    parts = feature_cache.draw(
        parquet.read(PATCHES, schemas.PATCHES).to_pandas(),
        train=comparison.kept_patches,
        val=comparison.val_patches,
        crack_share=settings.crack_share,
        seed=seed,
    )
    wanted = {name for part in parts for name in part["photo_id"]}
    changes = settings.augment.model_dump() | {"sides_px": settings.augment.sides_px[:1]}
    with PhotoCache(PHOTOS, wanted=wanted, workers=workers) as photos:
        inputs = PhotoInputs(photos, side_px, workers, Augmentation(**changes))
        size = feature_cache.write(
            OUT / backbone, model, parts, inputs, runtime, train_from=comparison.train_from, seed=seed
        )
    console.say(f"{OUT / backbone}: {sum(map(len, parts))} patches, {size / 1024**2:.0f} MiB")


if __name__ == "__main__":
    console.run(main)
