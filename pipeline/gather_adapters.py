"""Score the adapters of all variants side by side: CrackCLIP's Figure 5, and parts of the loss.

Reads data/photos, data/adapter_ablation and models/clip; writes metrics/adapters.json. Costs: one decoding of the test
photographs that have ground truth, and for each variant one run of the encoder on them.
"""

from functools import partial
from pathlib import Path

from crackpipe import console
from crackpipe.files import metrics
from crackpipe.params.project import Project
from crackpipe.report import adapter_ablation
from crackpipe.segment.inference import segmenter, torch_engine

PHOTOS, CLIP, ADAPTERS = Path("data/photos"), Path("models/clip"), Path("data/adapter_ablation")


def main() -> None:
    project = Project.open()
    params, scores = project.params, {}
    if variants := params.ablate_adapters.variants:
        runtime = project.start_runtime()
        settings = segmenter.Inference(**params.segment.model_dump(exclude={"splits"}))
        models = torch_engine.load_all([ADAPTERS / name for name in variants], runtime, clip=CLIP)
        scores = adapter_ablation.score(
            PHOTOS,
            {
                name: partial(segmenter.segment, segmenter=model, settings=settings)
                for name, model in zip(variants, models, strict=True)
            },
            split="test",
            tolerance_px=params.evaluate.tolerance_px,
            workers=params.runtime.workers,
        )
    metrics.write_json(Path("metrics/adapters.json"), scores)


if __name__ == "__main__":
    console.run(main)
