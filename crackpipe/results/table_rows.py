"""Rows of our runs: which of a run's figures a published table takes (its ``ours`` in ``published.json``)."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from crackpipe.errors import CrackpipeError
from crackpipe.pseudo import baseline_names
from crackpipe.results import basis
from crackpipe.results.record import Run, at

SPEED = "images_per_second."  # begins the key of a column that tells how fast, not how good
UNTRAINED, TRUTH = "none", "truth"  # labels of the baselines, and of fully supervised training


@dataclass(frozen=True, slots=True)
class TableCell:
    """Figures of one method on one set of photographs.

    Attributes:
        values: in percent; images per second as they are.
        n: number of photographs, ``None`` where it is not known.
    """

    values: tuple[float, ...]
    n: int | None = None


@dataclass(frozen=True, slots=True)
class Row:
    """One method in one table.

    Attributes:
        run: name of our run; empty for a published row.
        name: of the method.
        cells: one per column, ``None`` where there is no figure.
        basis: what the figures stand on: of ours see :mod:`crackpipe.results.basis`, else what the paper tells.
        incomparable: columns that cannot be held against the published rows, and why; empty where there are none.
    """

    run: str
    name: str
    cells: tuple[TableCell | None, ...]
    basis: str = ""
    incomparable: str = ""


def rows(run: Run, *, ours: dict[str, Any], columns: Sequence[dict[str, Any]]) -> Iterator[Row]:
    """Rows of one run that a table takes and that have a figure in its columns.

    Args:
        run: one folder of results.
        ours: ``metrics``, the file that they are read from, and what that file's rows are chosen by.
        columns: ``key``, the path of a column's figures in a row.

    Raises:
        CrackpipeError: the metrics are not those of this version.
    """
    read = READERS.get(ours["metrics"], _masks)
    yield from (row for row in read(run, ours, columns) if any(scores(row, columns)))


def scores(row: Row, columns: Sequence[dict[str, Any]]) -> tuple[TableCell | None, ...]:
    """Cells of a row that tell how good it is, not how fast it was.

    Args:
        row: of a table.
        columns: of the same table, see :func:`rows`.
    """
    return tuple(cell for cell, column in zip(row.cells, columns, strict=True) if not column["key"].startswith(SPEED))


def _captions(run: Run, ours: dict[str, Any], columns: Sequence[dict[str, Any]]) -> Iterator[Row]:
    """The rows that ``ours`` lists by name, and by ``path``: the keys from ``bridge.json``, the first one the model's.

    A column's ``count`` is the key of its number of photographs, of which earlier runs tell nothing.
    """
    tree = run.metrics.get("bridge", {})
    for row in ours["rows"]:
        model, name = row["path"].split(".")[0], row["name"]
        figures, counts = at(tree, row["path"]), at(tree, f"{model}.n") or {}
        where = f"{run.name}: {name}"
        cells = [_share(figures, column["key"], n=counts.get(column["count"]), where=where) for column in columns]
        yield Row(run.name, name, tuple(cells), basis.captions(run))


def _caption_scaling(run: Run, ours: dict[str, Any], columns: Sequence[dict[str, Any]]) -> Iterator[Row]:
    """A row for each share of the captions; earlier runs tell no epochs and losses."""
    points = run.metrics.get("caption_scaling", [])
    for count in sorted({point["n"] for point in points}):
        series = {point["series"]: point for point in points if point["n"] == count}
        any_of = next(iter(series.values()))
        cells: list[TableCell | None] = []
        for column in columns:
            value = 100 * series[key]["r10"] if (key := column["key"]) in series else any_of.get(key)
            cells.append(None if value is None else TableCell((float(value),)))
        yield Row(run.name, f"{count} pairs", tuple(cells), basis.captions(run))


def _few_labels(run: Run, ours: dict[str, Any], columns: Sequence[dict[str, Any]]) -> Iterator[Row]:
    """The ``heads`` on the ``subsets`` that ``ours`` lists; a cell's ``n`` is the number of test patches."""
    tree = run.metrics.get("few_shot", {})
    for subset in ours["subsets"]:
        for head in ours["heads"]:
            figures = at(tree, f"{subset}.{head}")
            if figures is None:
                continue
            name = f"{head}, {subset} ({figures['n_train']})"
            where = f"{run.name}: {name}"
            cells = [_share(figures, column["key"], n=figures["n_test"], where=where) for column in columns]
            yield Row(run.name, name, tuple(cells), basis.heads(run))


def _calibrated(run: Run, ours: dict[str, Any], columns: Sequence[dict[str, Any]]) -> Iterator[Row]:
    """Rows of ``calibration.json`` by backbone, loss, sources trained on and calibration after the fact.

    ``losses`` and ``posthoc`` choose them (``None`` takes all), ``figures`` the parts of a cell; a column is a source.
    """
    for backbone, sources in run.metrics.get("calibration", {}).items():
        for train_on, tested in sources.items():
            for loss in sorted({loss for by_loss in tested.values() for loss in by_loss}):
                shown = loss_name(run, loss)
                for kind in ours["posthoc"]:
                    if ours["losses"] is None or shown in ours["losses"]:
                        name = f"{backbone}, {shown}, trained on {train_on}{'' if kind == 'none' else f', {kind}'}"
                        cells = [_measured(tested, f"{column['key']}.{loss}.{kind}", ours) for column in columns]
                        yield Row(run.name, name, tuple(cells), basis.calibrated(run))


def loss_name(run: Run, loss: str) -> str:
    """Name of a loss. In earlier runs ``aicl`` was today's ``aicl_hybrid``, and ``aicl_label`` today's ``aicl``."""
    aicl = run.params.get("losses", {}).get("aicl", {})
    earlier = {"aicl": "aicl_hybrid", "aicl_label": "aicl"} if aicl.get("against") == "decision" else {}
    return earlier.get(loss, loss)


def _measured(tested: dict[str, Any], key: str, ours: dict[str, Any]) -> TableCell | None:
    figures: dict[str, Any] = at(tested, key) or {}
    values = [100 * figures[name] for name in ours["figures"] if figures.get(name) is not None]
    return TableCell(tuple(values)) if len(values) == len(ours["figures"]) else None


def _masks(run: Run, ours: dict[str, Any], columns: Sequence[dict[str, Any]]) -> Iterator[Row]:
    """Rows of what was scored against masks: segmenters, pseudo-labels, or their ablations."""
    for name, sources, stands_on in _scored(run, ours):
        where = f"{run.name}: {name}"
        cells = [
            _speed(run, method=name, with_maps=key == f"{SPEED}with_maps")
            if (key := column["key"]).startswith(SPEED)
            else _scores(sources, key, where=where)
            for column in columns
        ]
        yield Row(run.name, name, tuple(cells), stands_on)


def _speed(run: Run, *, method: str, with_maps: bool) -> TableCell | None:
    """Photographs of a run per second of the stage that labels them, its start-up counted.

    Args:
        run: tells seconds and photographs.
        method: of pseudo-labels; labels that have no such stage (baselines, self-training) have no cell.
        with_maps: whether the seconds of the classifier's localisation maps, of all kinds, count too.
    """
    seconds = [run.seconds.get(f"pseudo_label@{method}")]
    if with_maps:  # earlier runs call them evidence
        seconds.append(run.seconds.get("localisation_maps", run.seconds.get("evidence")))
    splits = [split for source in run.metrics.get("ingest", {}).values() for split in source.values()]
    known = [value for value in seconds if value]
    if len(known) < len(seconds) or not splits:
        return None
    return TableCell((sum(split["photos"] for split in splits) / sum(known),))


def _scored(run: Run, ours: dict[str, Any]) -> Iterator[tuple[str, Any, str]]:
    """(name, {source: {split: scores}}, what it stands on) of each."""
    tree = run.metrics.get(ours["metrics"], {})
    if ours["metrics"] == "segmentation" and not set(ours["trained_on"]) <= _trained_on(run):
        return
    if ours["metrics"] == "segmentation":
        yield from _segmenters(run, segmenters=ours["segmenters"], labels=ours["labels"], semi=ours["unlabelled"])
        if ours["pseudo_labels"]:  # scored on the same photographs; baselines are among the segmenters already
            for method, sources in run.metrics.get("pseudo_labels", {}).items():
                # self-training's labels of photographs without patch labels are the teacher's own masks
                if method not in tree and not method.startswith("self_"):
                    yield f"{method}, without a segmenter", sources, basis.labels(run, method)
    elif ours["metrics"] == "pseudo_labels":
        for method, sources in tree.items():
            yield method, sources, basis.UNTRAINED if method in baseline_names.NAMES else basis.labels(run, method)
    else:
        for method, variants in tree.items():
            for variant, sources in variants.items():
                yield f"{method}, {variant.replace('_', ' ')}", sources, basis.labels(run, method)


def _trained_on(run: Run) -> set[str]:
    """Sources that have training photographs: of their authors' split, all, or a share above 0."""
    sources = run.params.get("ingest", {}).get("sources") or []
    return {str(source["name"]) for source in sources if re.match(r"own|train|[1-9]", str(source["split"]))}


def _segmenters(
    run: Run, *, segmenters: list[str] | None, labels: list[str] | None, semi: bool
) -> Iterator[tuple[str, Any, str]]:
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
                yield name, sources, basis.UNTRAINED if label == UNTRAINED else basis.segmenter(run, segmenter, label)


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


def _share(figures: Any, key: str, *, n: int | None, where: str) -> TableCell | None:
    """The cell of a single figure, a share."""
    share = at(figures, key)
    if share is None:
        return None
    if not isinstance(share, (int, float)):
        raise CrackpipeError(f"{where}: {key} is {share!r}; expected a number from 0 to 1, or null; run it again")
    return TableCell((100 * share,), n)


def _classified(run: Run, ours: dict[str, Any], columns: Sequence[dict[str, Any]]) -> Iterator[Row]:
    """The patch classifier by its backbone; a cell's ``n`` is the number of patches. Earlier runs tell no sources."""
    tree, cells = run.metrics.get("classifier", {}), []
    for column in columns:
        figures: dict[str, Any] = at(tree, column["key"]) or {}
        values = [100 * figures[name] for name in ("f1", "precision", "recall") if figures.get(name) is not None]
        cells.append(TableCell(tuple(values), figures["n"]) if len(values) == 3 else None)
    if any(cells):
        yield Row(run.name, str(run.params["train_classifier"]["backbone"]), tuple(cells), basis.classifier(run))


READERS = {
    "bridge": _captions,
    "caption_scaling": _caption_scaling,
    "classifier": _classified,
    "few_shot": _few_labels,
    "calibration": _calibrated,
}
"""Readers by metrics file; the other files hold scores against masks."""
