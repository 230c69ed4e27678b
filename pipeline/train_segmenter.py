"""Train one network of pixels on one kind of labels: `python -m pipeline.train_segmenter unet soft_location`.

Reads data/photos, data/pseudo_labels/<labels> and models/classifier; writes models/segmenter/<segmenter>-<labels>.
Costs: training steps.
"""

from functools import partial
from pathlib import Path

from crackpipe import console
from crackpipe.classify import classifier
from crackpipe.compute import seeds
from crackpipe.files import fingerprint
from crackpipe.models import checkpoints
from crackpipe.params import labels as label_params
from crackpipe.params.project import Project
from crackpipe.segment.networks import training
from crackpipe.segment.windows import augment, labels, windows

PHOTOS, LABELS, CLASSIFIER = Path("data/photos"), Path("data/pseudo_labels"), Path("models/classifier")
CODE = Path("data/code/train_segmenter")
BUILT, TRAINED = (
    {"encoder", "gates", "refine_px", "side_px", "weights", "width"},
    {"batch", "lr", "weight_decay"},
)
COMMON = {"augment", "optimise", "photos", "precision", "seed", "soft_labels", "uncertain", "unlabelled"}


def main() -> None:
    project = Project.open()
    name, kind = console.arguments({"segmenter": label_params.networks(), "labels": label_params.kinds()})
    common, pseudo, workers = (
        project.params.train_segmenter,
        project.params.pseudo_label,
        project.params.runtime.workers,
    )
    section, keep_px, binarise = getattr(common, name), pseudo.keep_px, getattr(pseudo, kind).binarise
    runtime = project.start_runtime(precision=common.precision, keep_memory=True)
    seeds.seed_everything(common.seed)
    values = [section.model_dump(), common.model_dump(include=COMMON), keep_px, binarise, str(runtime)]
    values.append(project.params.runtime.threads)
    digest = fingerprint.of(values, [CODE, PHOTOS, LABELS / kind, CLASSIFIER])
    with checkpoints.opened(f"train_segmenter-{name}-{kind}", digest) as checkpoint:
        trunk = classifier.load(CLASSIFIER, runtime).network if section.weights == "classifier" else None
        model = training.create(name, trunk=trunk, runtime=runtime, **section.model_dump(include=BUILT))
        usable = labels.load(LABELS / kind, PHOTOS, kind=kind, unlabelled=common.unlabelled, keep_px=keep_px)
        masks = labels.draw(usable, count=common.photos, seed=common.seed, kind=kind)
        changes = augment.Augmentation(**common.augment.model_dump())
        view = partial(augment.view, side_px=section.side_px, fit=section.fit, augmentation=changes)
        folder, trained = Path(f"models/segmenter/{name}-{kind}"), section.model_dump(include=TRAINED)
        trained["steps"] = section.steps_for(len(masks))
        trained |= common.optimise.model_dump() | {"seed": common.seed, "uncertain": common.uncertain}
        with windows.opened(PHOTOS, masks, view, binarise=binarise, soft=common.soft_labels, workers=workers) as sample:
            settings = training.PixelTraining(**trained)
            training.train(model, sample, settings, folder=folder, labels=kind, runtime=runtime, checkpoint=checkpoint)


if __name__ == "__main__":
    console.run(main)
