"""Let the classifiers of all losses decide on patches: `python -m pipeline.score_calibration resnet50`.

Reads data/photos, data/patches and models/calibration; writes
data/calibration/<backbone>/<loss>-<backbone>-<train_on>-<seed>.parquet.
Costs: one decoding of the photographs drawn from, one run of a frozen trunk on each patch, and one of what each cell
has trained; memory of the trunk's features.
"""

from pathlib import Path

from crackpipe import console
from crackpipe.classify import cell_decisions
from crackpipe.classify.attack_steps import Attack
from crackpipe.classify.cell_decisions import DecisionSettings
from crackpipe.classify.loss_comparison import Combination, NetworkSettings
from crackpipe.classify.training_inputs import Augmentation
from crackpipe.params.project import Project

PHOTOS, PATCHES = Path("data/photos"), Path("data/patches/patches.parquet")
MODELS, OUT = Path("models/calibration"), Path("data/calibration")


def main() -> None:
    (backbone,) = console.arguments({"backbone": None})
    project = Project.open()
    comparison, settings = project.params.calibrate, project.params.train_classifier
    network = NetworkSettings(settings.weights, settings.head, project.params.slice.side_px, comparison.train_from)
    cells = [Combination(*cell) for cell in comparison.cells() if cell[1] == backbone]
    cell_decisions.write(
        OUT / backbone,
        {cell: MODELS / f"{cell.loss}-{backbone}-{cell.train_on}-{cell.seed}" for cell in cells},
        settings=DecisionSettings(
            backbone=backbone,
            network=network,
            val_patches=comparison.val_patches,
            test_patches=comparison.test_patches,
            seed=settings.seed,
            augmentation=Augmentation(**settings.augment.model_dump()),
            attack=Attack(**comparison.attack.model_dump()),
        ),
        photos=PHOTOS,
        patches=PATCHES,
        runtime=project.start_runtime(precision=settings.precision, keep_memory=True),
        workers=project.params.runtime.workers,
    )


if __name__ == "__main__":
    console.run(main)
