"""Score the masks of all segmenters and the baselines, and draw curves and galleries.

Reads data/photos, data/pseudo_labels, data/masks and the models' histories; writes metrics/segmentation.json and
metrics/plots. Costs: one decoding of each segmented photograph.
"""

import shutil
from itertools import product
from pathlib import Path

from crackpipe import params, reports, stage
from crackpipe.report import evaluation, gallery, history

PHOTOS, LABELS, MASKS, PLOTS = (
    Path("data/photos"),
    Path("data/pseudo_labels"),
    Path("data/masks"),
    Path("metrics/plots"),
)


def main() -> None:
    p = params.load()
    cells = list(product(p.train_segmenter.segmenters, p.train_segmenter.labels))
    found = evaluation.evaluate(PHOTOS, MASKS, expected=cells, tolerance_px=p.evaluate.tolerance_px)
    reports.write_json(Path("metrics/segmentation.json"), found.board.tree())
    shutil.rmtree(PLOTS, ignore_errors=True)
    PLOTS.mkdir(parents=True)
    found.curves(split="test").to_csv(PLOTS / "precision_recall.csv", index=False)
    trained = [Path("models/segmenter") / f"{segmenter}-{labels}" for segmenter, labels in cells]
    history.collect([Path("models/classifier"), Path("models/clip"), *trained]).to_csv(
        PLOTS / "training.csv", index=False
    )
    for key in found.board.places():
        if key[:2] in cells and key[3] == "test":
            gallery.draw(
                PLOTS / "images" / f"{key[2]}-{key[0]}-{key[1]}.jpg",
                found,
                key,
                photos=PHOTOS,
                labels=LABELS,
                masks=MASKS,
                binarise=p.pseudo_label.binarise,
                rows=p.evaluate.gallery_rows,
            )


if __name__ == "__main__":
    stage.run(main)
