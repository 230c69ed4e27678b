"""Score the pseudo-labels of all methods, the masks of all segmenters and the baselines, and draw curves and galleries.

Reads data/photos, data/pseudo_labels, data/masks and the models' histories; writes metrics/pseudo_labels.json,
metrics/segmentation.json and metrics/plots. Costs: two passes, one for the labels and one for the masks; each decodes
the photographs with ground truth, the ground truth and what it scores.
"""

import shutil
from itertools import product
from pathlib import Path
from typing import Any

from crackpipe import console, params
from crackpipe.files import metrics
from crackpipe.report import evaluation, gallery, history, label_quality

PHOTOS, LABELS, MASKS, PLOTS = (
    Path("data/photos"),
    Path("data/pseudo_labels"),
    Path("data/masks"),
    Path("metrics/plots"),
)


def main() -> None:
    p = params.load()
    cells = list(product(p.train_segmenter.segmenters, p.train_segmenter.labels))
    shared: dict[str, Any] = {"tolerance_px": p.evaluate.tolerance_px, "doubtful": p.evaluate.doubtful}
    methods = [*(name for name in p.pseudo_label.methods if name != "truth"), *p.self_label.kinds()]
    tree = label_quality.score(
        PHOTOS, LABELS, methods=methods, keep_px=p.pseudo_label.keep_px, workers=p.runtime.workers, **shared
    )
    metrics.write_json(Path("metrics/pseudo_labels.json"), tree)
    found = evaluation.evaluate(PHOTOS, MASKS, expected=cells, **shared)
    metrics.write_json(Path("metrics/segmentation.json"), found.board.tree())
    shutil.rmtree(PLOTS, ignore_errors=True)
    PLOTS.mkdir(parents=True)
    found.curves(split="test").to_csv(PLOTS / "precision_recall.csv", index=False)
    trained = [Path("models/segmenter") / f"{segmenter}-{labels}" for segmenter, labels in cells]
    history.collect([Path("models/classifier"), Path("models/clip"), *trained]).to_csv(
        PLOTS / "training.csv", index=False
    )
    for key in found.board.places():
        if key[:2] in cells and key[3] == "test" and "_without_" not in key[2]:
            gallery.draw(
                PLOTS / "images" / f"{key[2]}-{key[0]}-{key[1]}.jpg",
                found,
                key,
                photos=PHOTOS,
                labels=LABELS / key[1],
                masks=MASKS,
                binarise=getattr(p.pseudo_label, key[1]).binarise,
                rows=p.evaluate.gallery_rows,
            )


if __name__ == "__main__":
    console.run(main)
