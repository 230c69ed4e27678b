"""Train text-guided adapters on one kind of labels: `python -m pipeline.train_adapters soft_location`.

Reads data/photos, data/pseudo_labels/<labels>, data/windows and models/clip; writes
models/segmenter/text_adapters-<labels>. Costs: epochs on cached tokens.
"""

from pathlib import Path

from crackpipe import console
from crackpipe.clip import prompts
from crackpipe.clip.encoders import encoder_files
from crackpipe.compute import seeds
from crackpipe.files import fingerprint
from crackpipe.models import checkpoints
from crackpipe.params import labels as label_params
from crackpipe.params.project import Project
from crackpipe.segment.adapters import examples, training
from crackpipe.segment.windows import labels

PHOTOS, LABELS, WINDOWS = Path("data/photos"), Path("data/pseudo_labels"), Path("data/windows")
CLIP, CODE = Path("models/clip"), Path("data/code/train_adapters")


def main() -> None:
    project = Project.open()
    (kind,) = console.arguments({"labels": label_params.kinds()})
    params, common, pseudo = project.params, project.params.train_segmenter, project.params.pseudo_label
    section, keep_px, binarise = common.text_adapters, pseudo.keep_px, getattr(pseudo, kind).binarise
    runtime = project.start_runtime(keep_memory=True)
    seeds.seed_everything(common.seed)
    sentences = prompts.sets(**params.prompts.model_dump())
    values = [section.model_dump(), common.seed, sentences, keep_px, binarise, str(runtime), params.runtime.threads]
    digest = fingerprint.of(values, [CODE, WINDOWS / "fingerprint", LABELS / kind])
    with checkpoints.opened(f"train_adapters-{kind}", digest) as checkpoint:
        encoder = encoder_files.load(CLIP, runtime)
        masks = labels.load(LABELS / kind, PHOTOS, kind=kind, unlabelled=common.unlabelled, keep_px=keep_px)
        pairs = examples.label_windows(
            WINDOWS, masks.every(), binarise=binarise, kind=kind, workers=params.runtime.workers
        )
        training.train(
            pairs,
            training.AdapterTraining(**section.model_dump(), seed=common.seed),
            folder=Path(f"models/segmenter/text_adapters-{kind}"),
            encoder=encoder,
            prompts=sentences,
            labels=kind,
            encoder_digest=encoder_files.digest(CLIP),
            runtime=runtime,
            checkpoint=checkpoint,
        )


if __name__ == "__main__":
    console.run(main)
