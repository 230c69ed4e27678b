"""Choose what a segmenter calls a crack, and score it as it is used: `python -m pipeline.bench unet-soft_location`.

Reads data/photos, data/masks/<segmenter>-<labels>, models/clip and models/segmenter/<segmenter>-<labels>; writes
metrics/bench-<segmenter>-<labels>.json. Costs: the network on drawn surfaces, and a trace of the cracks of every mask.
"""

from functools import partial
from pathlib import Path

from crackpipe import console
from crackpipe.files import metrics
from crackpipe.params.project import Project
from crackpipe.segment.inference import segmenter, torch_engine
from crackpipe.segment.inference.segmenter import Inference
from crackpipe.tune import bench
from crackpipe.tune.bench import BenchSettings

PHOTOS, MASKS, METRICS = Path("data/photos"), Path("data/masks"), Path("metrics")


def main() -> None:
    project = Project.open()
    params = project.params
    (name,) = console.arguments({"segmenter": None})  # one more in bench.segmenters repeats no other's bench
    model = torch_engine.load(Path("models/segmenter") / name, project.start_runtime(), clip=Path("models/clip"))
    inference = Inference(**params.segment.model_dump(exclude={"splits"}))
    found = bench.run(
        PHOTOS,
        MASKS / name,
        segment=partial(segmenter.segment, segmenter=model, settings=inference, what=None),
        settings=BenchSettings(**params.bench.model_dump(exclude={"segmenters"})),
        doubtful=params.evaluate.doubtful,
    )
    METRICS.mkdir(exist_ok=True)
    metrics.write_json(METRICS / f"bench-{name}.json", found)


if __name__ == "__main__":
    console.run(main)
