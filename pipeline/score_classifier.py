"""Score the patch classifier on validation and test patches of each source.

Reads data/photos, data/patches and models/classifier; writes metrics/classifier.json. Validation patches are scored
without the calibrator, which was fitted to patches of theirs. Costs: one decoding of the photographs drawn from, one
run of the network on each patch.
"""

from dataclasses import replace
from pathlib import Path

from crackpipe import console
from crackpipe.classify import classifier, recipe, scoring
from crackpipe.classify.calibrator import Calibrator
from crackpipe.classify.training_inputs import Augmentation, PhotoInputs
from crackpipe.data.photo_cache import PhotoCache
from crackpipe.files import metrics, parquet, schemas
from crackpipe.params.project import Project

PHOTOS, PATCHES, MODEL = Path("data/photos"), Path("data/patches/patches.parquet"), Path("models/classifier")


def main() -> None:
    project = Project.open()
    section, settings, trained = (
        project.params.runtime,
        project.params.score_classifier,
        project.params.train_classifier,
    )
    runtime = project.start_runtime(precision=trained.precision, keep_memory=True)
    model = classifier.load(MODEL, runtime)
    patches = parquet.read(PATCHES, schemas.PATCHES).to_pandas()
    scored = scoring.choose(patches, val=settings.patches, test=settings.patches, seed=settings.seed)
    with PhotoCache(PHOTOS, wanted=set(scored["photo_id"]), workers=section.workers) as photos:
        inputs = PhotoInputs(
            photos, project.params.slice.side_px, section.workers, Augmentation(**trained.augment.model_dump())
        )
        plain = replace(model, calibrator=Calibrator())
        scores = scoring.score(plain, recipe.validation_patches(scored), inputs, runtime)
        scores |= scoring.score(model, scored[scored["split"] == "test"], inputs, runtime)
    metrics.write_json(Path("metrics/classifier.json"), scores)


if __name__ == "__main__":
    console.run(main)
