"""Train text adapters with one thing changed: `python -m pipeline.ablate_adapters crack`.

The variant is a name of `ablate_adapters.changes`: another wording of the prompts, or other settings of the training.
Reads data/photos, data/windows, data/pseudo_labels/<ablate_adapters.labels> and models/clip; writes
data/adapter_ablation/<variant>, the adapters. Costs: epochs on cached tokens.
"""

from pathlib import Path
from typing import Any

from crackpipe import console
from crackpipe.clip import prompts
from crackpipe.clip.encoders import encoder_files
from crackpipe.compute import seeds
from crackpipe.files import fingerprint
from crackpipe.models import checkpoints
from crackpipe.params.project import Project
from crackpipe.segment.adapters import examples, training
from crackpipe.segment.windows import labels

PHOTOS, LABELS, WINDOWS = Path("data/photos"), Path("data/pseudo_labels"), Path("data/windows")
CLIP, OUT, CODE = Path("models/clip"), Path("data/adapter_ablation"), Path("data/code/ablate_adapters")


def main() -> None:
    (variant,) = console.arguments({"variant": None})
    project = Project.open()
    params, common, pseudo = project.params, project.params.train_segmenter, project.params.pseudo_label
    kind, folder, workers = params.ablate_adapters.labels, OUT / variant, params.runtime.workers
    wording, settings = params.changed_adapters(variant)
    runtime = project.start_runtime()
    seeds.seed_everything(common.seed)
    masks = labels.load(LABELS / kind, PHOTOS, kind=kind, unlabelled=common.unlabelled, keep_px=pseudo.keep_px)
    binarise = getattr(pseudo, kind).binarise
    pairs = examples.label_windows(WINDOWS, masks.every(), binarise=binarise, kind=kind, workers=workers)
    encoder = encoder_files.load(CLIP, runtime)
    sentences = prompts.sets(**{**params.prompts.model_dump(), "wording": wording})
    passes = training.AdapterTraining(**settings, seed=common.seed)
    values = [sentences, settings, common.seed, pseudo.keep_px, binarise, str(runtime)]
    digest = fingerprint.of([*values, params.runtime.threads], [CODE, WINDOWS / "fingerprint", LABELS / kind])
    with checkpoints.opened(f"ablate_adapters-{variant}", digest) as checkpoint:
        run: dict[str, Any] = {
            "folder": folder,
            "labels": kind,
            "encoder_digest": encoder_files.digest(CLIP),
            "runtime": runtime,
            "checkpoint": checkpoint,
        }
        training.train(pairs, passes, encoder=encoder, prompts=sentences, **run)


if __name__ == "__main__":
    console.run(main)
