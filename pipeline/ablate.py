"""Score pseudo-label methods with one part left out or exchanged: König et al.'s Table VII, and ours beside it.

Reads data/photos, data/localisation_maps and data/patches; writes metrics/ablation.json. Costs: every variant's image
processing of `ablate.limit` photographs of each source; memory of a few dozen photographs.
"""

from pathlib import Path

from crackpipe import console
from crackpipe.files import metrics
from crackpipe.params.loading import load
from crackpipe.pseudo import patch_labels
from crackpipe.report import ablation


def main() -> None:
    params = load()
    tree = ablation.score(
        Path("data/photos"),
        Path("data/localisation_maps"),
        variants=params.variants(),
        splits=params.ablate.splits,
        limit=params.ablate.limit,
        crack_free_patches=patch_labels.crack_free_patches(Path("data/patches/patches.parquet")),
        tolerance_px=params.evaluate.tolerance_px,
        workers=params.runtime.workers,
    )
    metrics.write_json(Path("metrics/ablation.json"), tree)


if __name__ == "__main__":
    console.run(main)
