"""Run the first parts of a backbone once on drawn patches: what all losses and seeds of the comparison train on.

`python -m pipeline.trunk_features resnet50`. Reads data/photos and data/patches; writes data/trunk_features/<backbone>
(nothing where `calibrate.train_from` is null, as whole networks are trained then). All patches are seen at the first of
`train_classifier.augment.sides_px`. Costs: one decoding of the photographs drawn from, one run of those parts on each
patch; memory of what is kept.
"""

from pathlib import Path

from crackpipe import console, params
from crackpipe.classify import classifier, feature_cache, trunk
from crackpipe.classify.training_inputs import Photographed
from crackpipe.compute import seeds
from crackpipe.data.photo_cache import PhotoCache
from crackpipe.files import parquet, schemas
from crackpipe.params.project import Project

PHOTOS, PATCHES, OUT = Path("data/photos"), Path("data/patches/patches.parquet"), Path("data/trunk_features")


def main() -> None:
    (backbone,) = console.arguments({"backbone": params.BACKBONES})
    project = Project.open()
    p = project.params
    q, r, side_px, workers = p.train_classifier, p.calibrate, p.slice.side_px, p.runtime.workers
    if r.train_from is None:
        feature_cache.write_nothing(OUT / backbone)
        return
    runtime = project.start_runtime(precision=q.precision)
    seeds.seed_everything(q.seed)
    model = classifier.create(backbone=backbone, weights=q.weights, side_px=side_px)
    trunk.split(model.network, train_from=r.train_from)  # or it is no part of this backbone: told before the work
    runtime.place(model.network)
    parts = feature_cache.draw(
        parquet.read(PATCHES, schemas.PATCHES).to_pandas(),
        train=r.kept_patches,
        val=r.val_patches,
        test=r.test_patches,
        crack_share=q.crack_share,
        seed=q.seed,
    )
    wanted = {name for part in parts for name in part["photo_id"]}
    augment = q.augment.model_dump() | {"sides_px": q.augment.sides_px[:1]}
    with PhotoCache(PHOTOS, wanted=wanted, workers=workers) as photos:
        inputs = Photographed(photos, side_px, workers, augment)
        size = feature_cache.write(OUT / backbone, model, parts, inputs, runtime, train_from=r.train_from, seed=q.seed)
    console.say(f"{OUT / backbone}: {sum(map(len, parts))} patches, {size / 1024**2:.0f} MiB")


if __name__ == "__main__":
    console.run(main)
