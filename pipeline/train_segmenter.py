"""Train one segmenter on one kind of labels: `python -m pipeline.train_segmenter unet soft_location`.

Reads data/photos, data/pseudo_labels/<labels>, models/classifier, and for text adapters data/windows and models/clip;
writes models/segmenter/<segmenter>-<labels>. Costs: for text adapters epochs of the adapters alone, on kept tokens; for
the other networks their training steps.
"""

from functools import partial
from pathlib import Path
from typing import Any

from crackpipe import checkpoints, params, runtime, stage
from crackpipe.classify import classifier
from crackpipe.clip import encoder, prompts
from crackpipe.data.photo_cache import PhotoCache
from crackpipe.segment import examples, labels, recipes, views, windows
from crackpipe.segment.tokens import Tokens

PHOTOS, LABELS, WINDOWS = Path("data/photos"), Path("data/pseudo_labels"), Path("data/windows")
CLASSIFIER, CLIP, CODE = Path("models/classifier"), Path("models/clip"), Path("data/code/train_segmenter")
BUILT_OF = {"encoder", "weights", "width", "refine_px"}  # what else a section holds is read in training


def main() -> None:
    name, kind = stage.arguments({"segmenter": params.SEGMENTERS, "labels": params.LABEL_KINDS})
    p = params.load()
    q, own, binarise = p.train_segmenter, getattr(p.train_segmenter, name), getattr(p.pseudo_label, kind).binarise
    kept = {} if name == "text_adapters" else {"precision": q.precision}
    machine = runtime.start(**{**p.runtime.model_dump(exclude={"workers"}), **kept}, keep_memory=True)
    runtime.seed_everything(q.seed)
    folder, workers = Path(f"models/segmenter/{name}-{kind}"), p.runtime.workers
    splits = labels.splits(kind, unlabelled=q.unlabelled)
    inputs = [CODE, PHOTOS, LABELS / kind, CLASSIFIER, CLIP]
    digest = checkpoints.fingerprint([name, kind, p.model_dump(exclude={"segment", "evaluate"})], inputs)
    with checkpoints.opened(f"train_segmenter-{name}-{kind}", digest) as checkpoint:
        shared: dict[str, Any] = {"labels": kind, "seed": q.seed, "machine": machine, "checkpoint": checkpoint}
        if name == "text_adapters":
            eyes = encoder.load(CLIP, machine)
            flawless, damaged = prompts.sets(**p.prompts.model_dump())
            text = prompts.text_matrix(eyes, flawless=flawless, damaged=damaged)
            known = labels.load(LABELS / kind, photos=PHOTOS, splits=splits, keep_px=p.pseudo_label.keep_px)
            given = examples.labelled(Tokens(WINDOWS), known, binarise=binarise, kind=kind, workers=workers)
            recipes.text_adapters(folder, given, encoder=eyes, text=text, **shared, **own.model_dump())
            return
        built = {"refine_px": 0, **own.model_dump(include=BUILT_OF)}  # what it cannot have is told first
        trunk = classifier.load(CLASSIFIER, machine).network if own.weights == "classifier" else None
        model = recipes.untrained(name, trunk=trunk, side_px=own.side_px, machine=machine, **built)
        known = labels.load(LABELS / kind, photos=PHOTOS, splits=splits, keep_px=p.pseudo_label.keep_px)
        chosen = labels.draw(known, count=q.photos, seed=q.seed, kind=kind)
        with PhotoCache(PHOTOS, wanted=chosen, workers=workers) as photos:
            change = partial(views.view, side_px=own.side_px, fit=own.fit, **q.augment.model_dump())
            target = {"labels": known, "binarise": binarise, "soft": q.soft_labels, "change": change}
            sample = partial(windows.window, photos=photos, **target)
            settings = {**shared, **own.model_dump(exclude={"fit", "side_px", *BUILT_OF})}
            recipes.network(folder, chosen, sample, model=model, **settings)


if __name__ == "__main__":
    stage.run(main)
