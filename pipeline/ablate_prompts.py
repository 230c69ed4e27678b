"""Train text adapters with one wording of the prompts and score them: `python -m pipeline.ablate_prompts crack`.

Reads data/photos, data/windows, data/pseudo_labels/<ablate_prompts.labels> and models/clip; writes the adapters and
scores.json to data/prompt_ablation/<wording>. Costs: epochs of the adapters on kept tokens, then one run of the
encoder on each test photograph that has ground truth.
"""

from functools import partial
from pathlib import Path
from typing import Any

from crackpipe import console, params
from crackpipe.clip import prompts
from crackpipe.clip.encoders import encoder_files
from crackpipe.compute import seeds
from crackpipe.files import fingerprint, metrics
from crackpipe.models import checkpoints
from crackpipe.params.project import Project
from crackpipe.report import prompt_ablation
from crackpipe.segment import recipes
from crackpipe.segment.adapters import examples
from crackpipe.segment.adapters.token_cache import Tokens
from crackpipe.segment.inference import segmenter
from crackpipe.segment.windows import labels

PHOTOS, LABELS, WINDOWS = Path("data/photos"), Path("data/pseudo_labels"), Path("data/windows")
CLIP, OUT, CODE = Path("models/clip"), Path("data/prompt_ablation"), Path("data/code/ablate_prompts")


def main() -> None:
    (wording,) = console.arguments({"wording": params.WORDINGS})
    project = Project.open()
    p = project.params
    q, kind, workers = p.train_segmenter, p.ablate_prompts.labels, p.runtime.workers
    binarise = getattr(p.pseudo_label, kind).binarise
    runtime = project.start_runtime()
    seeds.seed_everything(q.seed)
    splits = labels.splits(kind, unlabelled=q.unlabelled)
    known = labels.load(LABELS / kind, photos=PHOTOS, splits=splits, keep_px=p.pseudo_label.keep_px)
    given = examples.labelled(Tokens(WINDOWS), known, binarise=binarise, kind=kind, workers=workers)
    encoder = encoder_files.load(CLIP, runtime)
    flawless, damaged = prompts.sets(**{**p.prompts.model_dump(), "wording": wording})
    text = prompts.text_matrix(encoder, flawless=flawless, damaged=damaged)
    settings = p.model_dump(exclude={"segment", "evaluate"})
    digest = fingerprint.of([wording, settings], [CODE, PHOTOS, LABELS / kind, CLIP])
    with checkpoints.opened(f"ablate_prompts-{wording}", digest) as checkpoint:
        shared: dict[str, Any] = {"labels": kind, "seed": q.seed, "runtime": runtime, "checkpoint": checkpoint}
        recipes.text_adapters(
            OUT / wording, given, encoder=encoder, text=text, **shared, **q.text_adapters.model_dump()
        )
    model = segmenter.load(OUT / wording, runtime, clip=CLIP)
    scores = prompt_ablation.score(
        PHOTOS,
        partial(segmenter.segment, segmenter=model, **p.segment.model_dump(exclude={"splits"})),
        split="test",
        tolerance_px=p.evaluate.tolerance_px,
        workers=workers,
        what=f"segment (prompts: {wording})",
    )
    metrics.write_json(OUT / wording / "scores.json", scores)


if __name__ == "__main__":
    console.run(main)
