"""Rows of what was scored against masks: segmenters, pseudo-labels, and what was changed in either."""

import re
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from crackpipe.errors import CrackpipeError
from crackpipe.pseudo import baseline_names
from crackpipe.results import basis
from crackpipe.results.cells import Row, TableCell
from crackpipe.results.record import Run, at

SPEED = "images_per_second."  # begins the key of a column that tells how fast, not how good
Scored = tuple[str, Any, str, int]  # name, {source: {split: scores}}, what it stands on, trainings behind it
UNTRAINED, TRUTH = "none", "truth"  # labels of the baselines, and of fully supervised training


def read(run: Run, ours: dict[str, Any], columns: Sequence[dict[str, Any]]) -> Iterator[Row]:
    """Rows of what was scored against masks: segmenters, pseudo-labels, or their ablations."""
    for name, sources, stands_on, seeds in _scored(run, ours):
        where = f"{run.name}: {name}"
        cells = [
            _speed(run, method=name, with_maps=key == f"{SPEED}with_maps")
            if (key := column["key"]).startswith(SPEED)
            else _scores(sources, key, where=where)
            for column in columns
        ]
        yield Row(run.name, name, tuple(cells), stands_on, seeds=seeds)


def _speed(run: Run, *, method: str, with_maps: bool) -> TableCell | None:
    """Photographs of a run per second of the stage that labels them, its start-up counted; none if another ran beside.

    Args:
        run: tells seconds and photographs.
        method: of pseudo-labels; labels that have no such stage (baselines, self-training) have no cell.
        with_maps: whether the seconds of the classifier's localisation maps, of all kinds, count too.
    """
    stages = [f"pseudo_label@{method}"]
    if with_maps:  # earlier runs call them evidence
        stages.append("localisation_maps" if "localisation_maps" in run.seconds else "evidence")
    seconds = [run.seconds.get(stage) for stage in stages]
    splits = [split for source in run.metrics.get("ingest", {}).values() for split in source.values()]
    known = [value for value in seconds if value]
    if len(known) < len(seconds) or not splits or run.beside & set(stages):
        return None
    return TableCell((sum(split["photos"] for split in splits) / sum(known),))


def _scored(run: Run, ours: dict[str, Any]) -> Iterator[Scored]:
    """(name, {source: {split: scores}}, what it stands on, trainings behind the scores) of each."""
    return SCORED[ours["metrics"]](run, ours)


def _segmentation(run: Run, ours: dict[str, Any]) -> Iterator[Scored]:
    """Segmenters and baselines, and the pseudo-labels of the same photographs where ``ours`` wants them."""
    if not set(ours["trained_on"]) <= _trained_on(run):
        return
    yield from _segmenters(run, segmenters=ours["segmenters"], labels=ours["labels"], semi=ours["unlabelled"])
    if ours["pseudo_labels"]:  # scored on the same photographs; baselines are among the segmenters already
        for method, sources in run.metrics.get("pseudo_labels", {}).items():
            # self-training's labels of photographs without patch labels are the teacher's own masks
            if method not in run.metrics.get("segmentation", {}) and not method.startswith("self_"):
                yield f"{method}, without a segmenter", sources, basis.labels(run, method), 0


def _labels(run: Run, _ours: dict[str, Any]) -> Iterator[Scored]:
    for method, sources in run.metrics.get("pseudo_labels", {}).items():
        untrained = method in baseline_names.NAMES
        yield method, sources, basis.UNTRAINED if untrained else basis.labels(run, method), 0


def _ablations(run: Run, _ours: dict[str, Any]) -> Iterator[Scored]:
    for method, variants in run.metrics.get("ablation", {}).items():
        for variant, sources in variants.items():
            yield f"{method}, {variant.replace('_', ' ')}", sources, basis.labels(run, method, variant=variant), 0


def _adapters(run: Run, _ours: dict[str, Any]) -> Iterator[Scored]:
    """Text adapters with one thing changed, on test photographs."""
    kind = str(at(run.params, "ablate_adapters.labels"))
    name = _segmenter_name("text_adapters", kind, trained_on=[])
    for variant, by_source in run.metrics.get("adapters", {}).items():
        sources = {source: {"test": figures} for source, figures in by_source.items()}
        yield f"{name}, {variant.replace('_', ' ')}", sources, basis.segmenter(run, "text_adapters", kind), 1


def _trained_on(run: Run) -> set[str]:
    """Sources that have training photographs: of their authors' split, all, or a share above 0."""
    sources = run.params.get("ingest", {}).get("sources") or []
    return {str(source["name"]) for source in sources if re.match(r"own|train|[1-9]", str(source["split"]))}


def _segmenters(run: Run, *, segmenters: list[str] | None, labels: list[str] | None, semi: bool) -> Iterator[Scored]:
    """Those segmenters on those labels; ``None`` takes all.

    Rows that were also trained on pseudo-labels of unlabelled photographs (``train_segmenter.unlabelled``) belong to
    the table about that (``semi``) and to no other, as the others keep to training photographs.
    """
    unlabelled = run.params["train_segmenter"].get("unlabelled") or []
    for segmenter, by_labels in run.metrics.get("segmentation", {}).items():
        for name, sources in by_labels.items():
            label = run.params["pseudo_label"]["method"] if name == "pseudo" else name  # how earlier runs call it
            wanted = (segmenters is None or segmenter in segmenters) and (labels is None or label in labels)
            added = [] if label in (UNTRAINED, TRUTH) else unlabelled
            if wanted and (semi or not added):
                name = _segmenter_name(segmenter, label, trained_on=["train", *added] if semi else [])
                if label == UNTRAINED:
                    yield name, sources, basis.UNTRAINED, 0
                else:
                    yield name, sources, basis.segmenter(run, segmenter, label), 1


def _segmenter_name(segmenter: str, label: str, *, trained_on: Sequence[str]) -> str:
    labels = {UNTRAINED: "no training", TRUTH: "ground truth"}.get(label, f"{label} labels")
    return ", ".join([segmenter, labels, *([" + ".join(trained_on)] if trained_on else [])])


def _scores(sources: dict[str, Any], key: str, *, where: str) -> TableCell | None:
    """The cell ODS, OIS, AP of column ``<source>.<split>``."""
    scores = at(sources, key) or {}
    if scores.get("ods") is None:
        return None
    try:
        return TableCell(tuple(100 * scores[name] for name in ("ods", "ois", "ap")), scores["n"])
    except KeyError as error:
        raise CrackpipeError(f"{where}: {key} has no {error}; expected ods, ois, ap and n; run it again") from None


SCORED: dict[str, Callable[[Run, dict[str, Any]], Iterator[Scored]]] = {
    "ablation": _ablations,
    "adapters": _adapters,
    "pseudo_labels": _labels,
    "segmentation": _segmentation,
}
"""Readers by metrics file."""
