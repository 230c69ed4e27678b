"""Train one segmenter on one kind of labels: `python -m pipeline.train_segmenter unet soft_location`.

Reads data/photos, data/pseudo_labels/<labels>, models/classifier, and for text adapters data/windows and models/clip;
writes models/segmenter/<segmenter>-<labels>. Costs: epochs of text adapters alone, on cached tokens, or training steps.
"""

from functools import partial
from pathlib import Path
from typing import Any

from crackpipe import console
from crackpipe.classify import classifier
from crackpipe.clip import prompts
from crackpipe.clip.encoders import encoder_files
from crackpipe.compute import seeds
from crackpipe.files import fingerprint
from crackpipe.models import checkpoints
from crackpipe.params import LABEL_KINDS, SEGMENTERS
from crackpipe.params.project import Project
from crackpipe.segment.adapters import examples
from crackpipe.segment.adapters import training as adapters
from crackpipe.segment.networks import training as networks
from crackpipe.segment.windows import augment, labels, windows

PHOTOS, LABELS, WINDOWS = Path("data/photos"), Path("data/pseudo_labels"), Path("data/windows")
CLASSIFIER, CLIP, CODE = Path("models/classifier"), Path("models/clip"), Path("data/code/train_segmenter")
BUILT, TRAINED = {"encoder", "weights", "width", "refine_px", "side_px"}, {"steps", "batch", "lr", "weight_decay"}


def main() -> None:
    name, kind = console.arguments({"segmenter": SEGMENTERS, "labels": LABEL_KINDS})
    project = Project.open()
    params, common, pseudo = project.params, project.params.train_segmenter, project.params.pseudo_label
    section, folder = getattr(common, name), Path(f"models/segmenter/{name}-{kind}")
    runtime = project.start_runtime(precision=None if name == "text_adapters" else common.precision, keep_memory=True)
    seeds.seed_everything(common.seed)
    workers, keep_px, binarise = params.runtime.workers, pseudo.keep_px, getattr(pseudo, kind).binarise
    load_labels = partial(labels.load, LABELS / kind, PHOTOS, kind=kind, unlabelled=common.unlabelled, keep_px=keep_px)
    values = [name, kind, params.model_dump(exclude={"segment", "evaluate"})]
    digest = fingerprint.of(values, [CODE, Path("data/code/embed_windows"), PHOTOS, LABELS / kind, CLASSIFIER, CLIP])
    with checkpoints.opened(f"train_segmenter-{name}-{kind}", digest) as checkpoint:
        run: dict[str, Any] = {"folder": folder, "labels": kind, "runtime": runtime, "checkpoint": checkpoint}
        if name == "text_adapters":
            encoder = encoder_files.load(CLIP, runtime)
            pairs = examples.label_windows(WINDOWS, load_labels(), binarise=binarise, kind=kind, workers=workers)
            passes = adapters.AdapterTraining(**section.model_dump(), seed=common.seed)
            adapters.train(pairs, passes, encoder=encoder, prompts=prompts.sets(**params.prompts.model_dump()), **run)
            return
        trunk = classifier.load(CLASSIFIER, runtime).network if section.weights == "classifier" else None
        model = networks.create(name, trunk=trunk, runtime=runtime, **section.model_dump(include=BUILT))
        masks = labels.draw(load_labels(), count=common.photos, seed=common.seed, kind=kind)
        changes = augment.Augmentation(**common.augment.model_dump())
        view = partial(augment.view, side_px=section.side_px, fit=section.fit, augmentation=changes)
        with windows.opened(PHOTOS, masks, view, binarise=binarise, soft=common.soft_labels, workers=workers) as sample:
            steps = networks.PixelTraining(**section.model_dump(include=TRAINED), seed=common.seed)
            networks.train(model, sample, steps, **run)


if __name__ == "__main__":
    console.run(main)
