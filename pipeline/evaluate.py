"""Score the pseudo-labels of all methods, the masks of all segmenters and the baselines, and draw curves and galleries.

Reads data/photos, data/pseudo_labels, data/masks and the models' histories; writes metrics/pseudo_labels.json,
metrics/segmentation.json, metrics/label_comparison.json and metrics/plots. Costs: one decoding of the photographs with
ground truth and of their labels, one of their masks, two of the ground truth, and one of what the pictures show.
"""

import shutil
from itertools import product
from pathlib import Path

from crackpipe import console
from crackpipe.files import metrics
from crackpipe.params.loading import load
from crackpipe.pseudo.baselines import LocalThresholds
from crackpipe.report import evaluation, gallery, history, label_comparison, label_quality, structures
from crackpipe.report.gallery import Tables

PHOTOS, LABELS, MASKS = Path("data/photos"), Path("data/pseudo_labels"), Path("data/masks")
METRICS, PLOTS = Path("metrics"), Path("metrics/plots")


def main() -> None:
    params = load()
    settings, doubtful = params.evaluate, params.evaluate.doubtful
    methods = [*(name for name in params.pseudo_label.methods if name != "truth"), *params.self_label.kinds()]
    local = LocalThresholds(**settings.baselines.model_dump())
    quality = label_quality.score(
        PHOTOS,
        LABELS,
        methods=methods,
        tolerance_px=settings.tolerance_px,
        keep_px=params.pseudo_label.keep_px,
        local=local,
        doubtful=doubtful,
        workers=params.runtime.workers,
    )
    metrics.write_json(METRICS / "pseudo_labels.json", quality.tree())
    trained = list(product(params.train_segmenter.segmenters, params.train_segmenter.labels))
    board = evaluation.evaluate(PHOTOS, MASKS, expected=trained, baselines=quality.baselines, doubtful=doubtful)
    groups = structures.of(PHOTOS)
    resampled = label_comparison.resample(board, groups=groups, resamples=settings.bootstrap, seed=settings.seed)
    metrics.write_json(METRICS / "segmentation.json", label_comparison.scores(board, resampled))
    metrics.write_json(METRICS / "label_comparison.json", label_comparison.differences(resampled))
    shutil.rmtree(PLOTS, ignore_errors=True)
    PLOTS.mkdir(parents=True)
    evaluation.curves(board, split="test").to_csv(PLOTS / "precision_recall.csv", index=False)
    segmenters = [Path("models/segmenter") / f"{segmenter}-{labels}" for segmenter, labels in trained]
    models = [Path("models/classifier"), Path("models/clip"), *segmenters]
    history.collect(models).to_csv(PLOTS / "training.csv", index=False)
    tables = Tables(PHOTOS, LABELS, MASKS)
    rows = settings.gallery_rows
    gallery.draw_test(PLOTS / "images", board, tables, methods=methods, trained=trained, local=local, rows=rows)


if __name__ == "__main__":
    console.run(main)
