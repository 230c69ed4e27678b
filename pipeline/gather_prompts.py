"""Score the adapters of all wordings of the prompts, side by side: CrackCLIP's Figure 5.

Reads data/photos, data/prompt_ablation and models/clip; writes metrics/prompts.json. Costs: for each wording one run of
the encoder on each test photograph that has ground truth.
"""

from functools import partial
from pathlib import Path

from crackpipe import console
from crackpipe.files import metrics
from crackpipe.params.project import Project
from crackpipe.report import prompt_ablation
from crackpipe.segment.inference import segmenter

PHOTOS, CLIP, ADAPTERS = Path("data/photos"), Path("models/clip"), Path("data/prompt_ablation")


def main() -> None:
    project = Project.open()
    params, scores = project.params, {}
    settings = segmenter.Inference(**params.segment.model_dump(exclude={"splits"}))
    if params.ablate_prompts.wordings:
        runtime = project.start_runtime()
    for wording in params.ablate_prompts.wordings:
        model = segmenter.load(ADAPTERS / wording, runtime, clip=CLIP)
        scores[wording] = prompt_ablation.score(
            PHOTOS,
            partial(segmenter.segment, segmenter=model, settings=settings),
            split="test",
            tolerance_px=params.evaluate.tolerance_px,
            workers=params.runtime.workers,
            what=f"segment (prompts: {wording})",
        )
    metrics.write_json(Path("metrics/prompts.json"), scores)


if __name__ == "__main__":
    console.run(main)
