"""Train the patch classifier.

Reads data/photos and data/patches; writes models/classifier.
Costs: one decoding of the training photographs, then epochs × patches_per_epoch forward and backward passes.
"""

from dataclasses import fields
from pathlib import Path

from crackpipe import console
from crackpipe.classify import calibrator, classifier, recipe, scoring
from crackpipe.classify.losses import catalogue
from crackpipe.classify.recipe import PlanSettings
from crackpipe.classify.training import TrainingSettings
from crackpipe.classify.training_inputs import Augmentation, PhotoInputs
from crackpipe.compute import seeds
from crackpipe.data.photo_cache import PhotoCache
from crackpipe.files import fingerprint, parquet, schemas
from crackpipe.models import checkpoints
from crackpipe.params.project import Project

PHOTOS, PATCHES, MODEL = Path("data/photos"), Path("data/patches/patches.parquet"), Path("models/classifier")
CODE, POSTHOC = Path("data/code/train_classifier"), "train_classifier.posthoc"


def main() -> None:
    project = Project.open()
    section, settings, side_px = project.params.runtime, project.params.train_classifier, project.params.slice.side_px
    seed, of_loss = settings.seed, getattr(project.params.losses, settings.loss).model_dump()
    runtime = project.start_runtime(precision=settings.precision, keep_memory=True)
    seeds.seed_everything(seed)
    patches = parquet.read(PATCHES, schemas.PATCHES).to_pandas()
    scored = scoring.choose(patches, val=settings.val_patches, test=0, seed=seed)
    calibrator.check(settings.posthoc, scored["label"].to_numpy(), where=POSTHOC)
    plan_settings = PlanSettings(settings.epochs, settings.patches_per_epoch, settings.crack_share)
    plan = recipe.plan(patches, scored, plan_settings, seed=seed)
    built = settings.model_dump(include={"backbone", "weights", "head"})
    model = classifier.create(**built, side_px=side_px)
    runtime.place(model.network)
    loss = catalogue.build(settings.loss, of_loss)
    training = TrainingSettings(**settings.model_dump(include={field.name for field in fields(TrainingSettings)}))
    values = [settings.model_dump(), of_loss, side_px, section.device, section.threads]
    with (
        checkpoints.opened("train_classifier", fingerprint.of(values, [CODE, PHOTOS, PATCHES])) as checkpoint,
        PhotoCache(PHOTOS, wanted=plan.photographs(), workers=section.workers) as photos,
    ):
        inputs = PhotoInputs(photos, side_px, section.workers, Augmentation(**settings.augment.model_dump()))
        history = recipe.train(
            model, plan, inputs, loss=loss, settings=training, seed=seed, runtime=runtime, checkpoint=checkpoint
        )
        model = recipe.calibrated(model, settings.posthoc, scored, inputs, runtime=runtime, where=POSTHOC)
        classifier.save(MODEL, model, history=history)


if __name__ == "__main__":
    console.run(main)
