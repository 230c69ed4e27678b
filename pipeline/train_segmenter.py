"""Train one segmenter on one kind of labels: `python -m pipeline.train_segmenter unet soft_location`.

Reads data/photos, data/pseudo_labels/<labels>, models/classifier, and for text adapters data/windows and models/clip;
writes models/segmenter/<segmenter>-<labels>. Costs: for text adapters epochs of the adapters alone, on kept tokens; for
the other networks their training steps.
"""

from functools import partial
from pathlib import Path
from typing import Any

from crackpipe import console, params
from crackpipe.classify import classifier
from crackpipe.clip import prompts
from crackpipe.clip.encoders import encoder_files
from crackpipe.compute import seeds
from crackpipe.data.photo_cache import PhotoCache
from crackpipe.files import fingerprint
from crackpipe.models import checkpoints
from crackpipe.params.project import Project
from crackpipe.segment import recipes
from crackpipe.segment.adapters import examples
from crackpipe.segment.adapters.token_cache import Tokens
from crackpipe.segment.windows import augment, labels, windows

PHOTOS, LABELS, WINDOWS = Path("data/photos"), Path("data/pseudo_labels"), Path("data/windows")
CLASSIFIER, CLIP, CODE = Path("models/classifier"), Path("models/clip"), Path("data/code/train_segmenter")
BUILT_OF = {"encoder", "weights", "width", "refine_px"}  # what else a section holds is read in training


def main() -> None:
    name, kind = console.arguments({"segmenter": params.SEGMENTERS, "labels": params.LABEL_KINDS})
    project = Project.open()
    p = project.params
    q, own, binarise = p.train_segmenter, getattr(p.train_segmenter, name), getattr(p.pseudo_label, kind).binarise
    precision = None if name == "text_adapters" else q.precision
    runtime = project.start_runtime(precision=precision, keep_memory=True)
    seeds.seed_everything(q.seed)
    folder, workers = Path(f"models/segmenter/{name}-{kind}"), p.runtime.workers
    splits = labels.splits(kind, unlabelled=q.unlabelled)
    inputs = [CODE, PHOTOS, LABELS / kind, CLASSIFIER, CLIP]
    digest = fingerprint.of([name, kind, p.model_dump(exclude={"segment", "evaluate"})], inputs)
    with checkpoints.opened(f"train_segmenter-{name}-{kind}", digest) as checkpoint:
        shared: dict[str, Any] = {"labels": kind, "seed": q.seed, "runtime": runtime, "checkpoint": checkpoint}
        if name == "text_adapters":
            encoder = encoder_files.load(CLIP, runtime)
            flawless, damaged = prompts.sets(**p.prompts.model_dump())
            text = prompts.text_matrix(encoder, flawless=flawless, damaged=damaged)
            known = labels.load(LABELS / kind, photos=PHOTOS, splits=splits, keep_px=p.pseudo_label.keep_px)
            given = examples.labelled(Tokens(WINDOWS), known, binarise=binarise, kind=kind, workers=workers)
            recipes.text_adapters(folder, given, encoder=encoder, text=text, **shared, **own.model_dump())
            return
        built = {"refine_px": 0, **own.model_dump(include=BUILT_OF)}  # what it cannot have is told first
        trunk = classifier.load(CLASSIFIER, runtime).network if own.weights == "classifier" else None
        model = recipes.untrained(name, trunk=trunk, side_px=own.side_px, runtime=runtime, **built)
        known = labels.load(LABELS / kind, photos=PHOTOS, splits=splits, keep_px=p.pseudo_label.keep_px)
        chosen = labels.draw(known, count=q.photos, seed=q.seed, kind=kind)
        with PhotoCache(PHOTOS, wanted=chosen, workers=workers) as photos:
            change = partial(augment.view, side_px=own.side_px, fit=own.fit, **q.augment.model_dump())
            target = {"labels": known, "binarise": binarise, "soft": q.soft_labels, "change": change}
            sample = partial(windows.window, photos=photos, **target)
            settings = {**shared, **own.model_dump(exclude={"fit", "side_px", *BUILT_OF})}
            recipes.network(folder, chosen, sample, model=model, **settings)


if __name__ == "__main__":
    console.run(main)
