"""Train one segmenter on one kind of labels: `python -m pipeline.train_segmenter unet soft_location`.

Reads data/photos, data/pseudo_labels/<labels>, models/classifier and models/clip; writes
models/segmenter/<segmenter>-<labels>. Costs: for text adapters one run of the frozen encoder over the windows, then
epochs of the adapters alone; for the other networks their training steps.
"""

from functools import partial
from pathlib import Path
from typing import Any

from crackpipe import checkpoints, params, runtime, stage
from crackpipe.classify import classifier
from crackpipe.clip import encoder, prompts
from crackpipe.data.photo_cache import PhotoCache
from crackpipe.segment import labels, recipes, views, windows

PHOTOS, LABELS = Path("data/photos"), Path("data/pseudo_labels")
CLASSIFIER, CLIP = Path("models/classifier"), Path("models/clip")
BUILT_OF = {"encoder", "weights", "width", "refine_px"}  # what else a section holds is read in training


def main() -> None:
    name, kind = stage.arguments({"segmenter": params.SEGMENTERS, "labels": params.LABEL_KINDS})
    p = params.load()
    q, own, binarise = p.train_segmenter, getattr(p.train_segmenter, name), getattr(p.pseudo_label, kind).binarise
    kept = {} if name == "text_adapters" else {"precision": q.precision}
    machine = runtime.start(**{**p.runtime.model_dump(exclude={"workers"}), **kept})
    runtime.seed_everything(q.seed)
    if name == "text_adapters":  # what a segmenter cannot have is told before any photograph is read
        eyes = encoder.load(CLIP, machine)
        recipes.check_side(own.side_px, encoder=eyes)
        flawless, damaged = prompts.sets(**p.prompts.model_dump())
        text = prompts.text_matrix(eyes, flawless=flawless, damaged=damaged)
        train = partial(recipes.text_adapters, encoder=eyes, text=text, workers=p.runtime.workers)
    else:
        trunk = classifier.load(CLASSIFIER, machine).network if own.weights == "classifier" else None
        built = {"refine_px": 0, **own.model_dump(include=BUILT_OF)}
        model = recipes.untrained(name, trunk=trunk, side_px=own.side_px, machine=machine, **built)
        train = partial(recipes.network, model=model)
    splits = ["train", *q.unlabelled] if kind != "truth" else ["train"]
    known = labels.load(LABELS / kind, photos=PHOTOS, splits=splits, keep_px=p.pseudo_label.keep_px)
    chosen = labels.draw(known, count=q.photos, seed=q.seed, kind=kind)
    change = partial(views.view, side_px=own.side_px, **q.augment.model_dump())
    squeeze_px = own.side_px if own.fit == "resize" else None
    inputs = [PHOTOS, LABELS / kind, CLASSIFIER, CLIP]
    digest = checkpoints.fingerprint([name, kind, p.model_dump(exclude={"segment", "evaluate"})], inputs)
    with (
        checkpoints.opened(f"train_segmenter-{name}-{kind}", digest) as checkpoint,
        PhotoCache(PHOTOS, wanted=chosen, workers=p.runtime.workers) as photos,
    ):
        sizes = {"binarise": binarise, "soft": q.soft_labels, "squeeze_px": squeeze_px}
        cut = partial(windows.window, photos=photos, labels=known, change=change, **sizes)
        shared: dict[str, Any] = {"labels": kind, "seed": q.seed, "machine": machine, "checkpoint": checkpoint}
        settings = own.model_dump(exclude={"fit", "side_px", *BUILT_OF})
        train(Path(f"models/segmenter/{name}-{kind}"), chosen, cut, **shared, **settings)


if __name__ == "__main__":
    stage.run(main)
