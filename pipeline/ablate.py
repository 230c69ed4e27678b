"""Score pseudo-label methods with one part left out or exchanged: König et al.'s Table VII, and ours beside it.

Reads data/photos, data/localisation_maps and data/patches; writes metrics/ablation.json. Costs: every variant's image
processing of `ablate.limit` photographs of each source; memory of a few dozen photographs.
"""

from pathlib import Path

from crackpipe import console, params
from crackpipe.files import metrics
from crackpipe.pseudo import patch_labels
from crackpipe.report import ablation


def main() -> None:
    p = params.load()
    tree = ablation.score(
        Path("data/photos"),
        Path("data/localisation_maps"),
        variants=p.variants(),
        splits=p.ablate.splits,
        limit=p.ablate.limit,
        none=patch_labels.without_crack(Path("data/patches/patches.parquet")),
        tolerance_px=p.evaluate.tolerance_px,
        workers=p.runtime.workers,
    )
    metrics.write_json(Path("metrics/ablation.json"), tree)


if __name__ == "__main__":
    console.run(main)
