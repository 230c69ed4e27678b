"""The headline figures of a run: some fifteen numbers with plain names, of all the tables that its stages write."""

from collections.abc import Mapping
from statistics import fmean
from typing import Any

from crackpipe.pseudo import baseline_names

Tree = Mapping[str, Any]
MASKS = ("ods", "ois", "ap")


def figures(tables: Tree, *, reference: str) -> dict[str, dict[str, float]]:
    """Choose the headline figures of a run; what it has no table of is left out.

    All are of test photographs, and means over sources, each counted once. The best segmenter is that of the highest
    ODS on validation photographs: nothing is chosen on the test.

    Args:
        tables: what the files of ``metrics/`` hold, by their names.
        reference: the few-shot head that others are compared with (``few_shot.reference``).

    Returns:
        topic → figure → number in the range of its table, e.g. ``{"classifier": {"f1": 0.91, "ece": 0.03}}``.
    """
    found = {
        "classifier": _some(tables.get("classifier", {}).get("test", {}), ("f1", "ece")),
        "labels": _labels(tables.get("pseudo_labels", {})),
        **_segmenters(tables.get("segmentation", {})),
        "few_shot": _few_shot(tables.get("few_shot", {}), reference),
        "captions": _captions(tables.get("bridge", {}).get("tuned", {})),
        "calibration": _calibration(tables.get("calibration", {})),
    }
    return {topic: numbers for topic, numbers in found.items() if numbers}


def _some(row: Tree, names: tuple[str, ...]) -> dict[str, float]:
    return {name: row[name] for name in names if row.get(name) is not None}


def _mean(sources: Tree, *, split: str, figure: str) -> float | None:
    """Mean of a figure over sources; sources with photographs left out (``crack500_without_…``) count once, whole."""
    rows = [splits.get(split, {}) for source, splits in sources.items() if "_without_" not in source]
    values = [row[figure] for row in rows if row.get(figure) is not None]
    return fmean(values) if values else None


def _labels(methods: Tree) -> dict[str, float]:
    ods = {
        name: _mean(methods[name], split="test", figure="ods") for name in methods if name not in baseline_names.NAMES
    }
    return {f"{name}_ods": value for name, value in ods.items() if value is not None}


def _segmenters(tree: Tree) -> dict[str, dict[str, float]]:
    """ODS of each segmenter on each kind of labels, and all figures of the one that validation chooses."""
    trained = {
        f"{name}-{labels}": sources
        for name, kinds in tree.items()
        if name not in baseline_names.NAMES
        for labels, sources in kinds.items()
    }
    ods = {name: _mean(sources, split="test", figure="ods") for name, sources in trained.items()}
    val = {name: _mean(sources, split="val", figure="ods") for name, sources in trained.items()}
    judged = {name: value for name, value in val.items() if value is not None}
    best: dict[str, float] = {}
    if judged:
        sources = trained[max(sorted(judged), key=lambda name: judged[name])]
        means = {figure: _mean(sources, split="test", figure=figure) for figure in MASKS}
        best = {figure: value for figure, value in means.items() if value is not None}
    return {
        "segmenters": {f"{name}_ods": value for name, value in ods.items() if value is not None},
        "best_segmenter": best,
    }


def _few_shot(subsets: Tree, reference: str) -> dict[str, float]:
    """F1 of the reference head on the smallest and the largest subset, and its calibration on the largest."""
    taught = sorted((name for name in subsets if reference in subsets[name]), key=lambda name: int(name[1:]))
    if not taught:
        return {}
    smallest, largest = subsets[taught[0]][reference], subsets[taught[-1]][reference]
    return {
        f"{reference}_{taught[0]}_f1": smallest["f1"],
        f"{reference}_{taught[-1]}_f1": largest["f1"],
        f"{reference}_{taught[-1]}_ece": largest["ece"],
    }


def _captions(tuned: Tree) -> dict[str, float]:
    retrieval = tuned.get("retrieval", {})
    both = {name: retrieval.get(name, {}).get("r10") for name in ("image_to_text", "text_to_image")}
    found = {f"{name}_r10": value for name, value in both.items() if value is not None}
    knn = tuned.get("knn", {}).get("mean")
    return found if knn is None else {**found, "knn_mean": knn}


def _calibration(backbones: Tree) -> dict[str, float]:
    """ECE of each loss before calibration after the fact, mean over backbones, training and test sources."""
    cells: dict[str, list[float]] = {}
    for trained_on in backbones.values():
        for tested_on in trained_on.values():
            for losses in tested_on.values():
                for loss, ways in losses.items():
                    if ways.get("none", {}).get("ece") is not None:
                        cells.setdefault(loss, []).append(ways["none"]["ece"])
    return {f"{loss}_ece": fmean(values) for loss, values in cells.items()}
