"""Train one segmenter on one kind of labels: `python -m pipeline.train_segmenter unet soft_location`.

Reads data/photos, data/pseudo_labels/<labels>, models/classifier and models/clip; writes
models/segmenter/<segmenter>-<labels>. Costs: for text adapters one run of the frozen encoder over the windows, then
epochs of the adapters alone; for the other networks their training steps.
"""

from functools import partial
from pathlib import Path

from crackpipe import checkpoints, params, runtime, stage
from crackpipe.classify import classifier
from crackpipe.clip import encoder, prompts
from crackpipe.data.photo_cache import PhotoCache
from crackpipe.segment import labels, recipes, views, windows

PHOTOS, LABELS = Path("data/photos"), Path("data/pseudo_labels")
CLASSIFIER, CLIP = Path("models/classifier"), Path("models/clip")


def main() -> None:
    name, kind = stage.arguments({"segmenter": params.SEGMENTERS, "labels": params.LABEL_KINDS})
    p = params.load()
    q, own, binarise = p.train_segmenter, getattr(p.train_segmenter, name), getattr(p.pseudo_label, kind).binarise
    kept = {} if name == "text_adapters" else {"precision": q.precision}
    machine = runtime.start(**{**p.runtime.model_dump(exclude={"workers"}), **kept})
    runtime.seed_everything(q.seed)
    folder = Path(f"models/segmenter/{name}-{kind}")
    splits = ["train", *q.unlabelled] if kind != "truth" else ["train"]
    known = labels.load(LABELS / kind, photos=PHOTOS, splits=splits, keep_px=p.pseudo_label.keep_px)
    chosen = labels.draw(known, count=q.photos, seed=q.seed, kind=kind)
    settings = own.model_dump(exclude={"fit", "side_px"})
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
        shared = {"labels": kind, "seed": q.seed, "machine": machine, "checkpoint": checkpoint, **settings}
        if name == "text_adapters":
            eyes = encoder.load(CLIP, machine)
            flawless, damaged = prompts.sets(**p.prompts.model_dump())
            text = prompts.text_matrix(eyes, flawless=flawless, damaged=damaged)
            recipes.text_adapters(folder, chosen, cut, encoder=eyes, text=text, workers=p.runtime.workers, **shared)
        else:
            trunk = classifier.load(CLASSIFIER, machine).network if own.weights == "classifier" else None
            recipes.network(folder, chosen, cut, name=name, trunk=trunk, **{"refine_px": 0, **shared})


if __name__ == "__main__":
    stage.run(main)
