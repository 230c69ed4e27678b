"""All cells of the comparison of losses, side by side: means over seeds, differences to cross-entropy, plot rows."""

import json
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, TypedDict

from crackpipe.errors import CrackpipeError
from crackpipe.measures import intervals

BASE = "cross_entropy"
COMPARED = ("ece", "f1")


class CalibrationCell(TypedDict):
    """Content of one cell's file; see :func:`crackpipe.classify.loss_comparison.run`.

    ``loss``, ``backbone``, ``train_on`` and ``seed`` are its position; ``trained_on`` are the sources with training
    patches. ``scores`` are {source: {kind of calibration: figures}}; ``reliability`` and ``attack_steps`` are
    {source: rows}.
    """

    loss: str
    backbone: str
    train_on: str
    trained_on: list[str]
    seed: int
    scores: dict[str, dict[str, dict[str, float | None]]]
    reliability: dict[str, list[dict[str, float]]]
    attack_steps: dict[str, list[dict[str, float]]]


def read(folder: Path, *, expected: Sequence[str]) -> list[CalibrationCell]:
    """Read the cells named, in that order; files of other cells, which earlier parameters have left, are not read.

    Args:
        folder: holds ``<name>.json`` for each cell.
        expected: names of cells.

    Raises:
        CrackpipeError: a cell is missing.
    """
    missing = [name for name in expected if not (folder / f"{name}.json").is_file()]
    if missing:
        raise CrackpipeError(
            f"{folder}: {len(missing)} of {len(expected)} cells are missing, first {missing[0]}; run `dvc repro`"
        )
    return [json.loads((folder / f"{name}.json").read_text(encoding="utf-8")) for name in expected]


def summary(cells: Sequence[CalibrationCell]) -> dict[str, Any]:
    """Summarise the seeds: ``{backbone: {trained on: {tested on: {loss: {kind of calibration: figures}}}}}``.

    Figures are means over seeds, ``<name>_std`` beside them; ``ece_gap`` and ``f1_gap`` are the paired difference to
    cross-entropy with its 95 % interval, ``None`` where cross-entropy is not in the comparison; ``seeds`` is their
    number; ``at_home`` is true where the source tested on gave training patches (in domain).
    """
    tree: dict[str, Any] = {}
    for (backbone, train_on, loss), group in _groups(cells):
        base = [
            cell for cell in cells if (cell["backbone"], cell["train_on"], cell["loss"]) == (backbone, train_on, BASE)
        ]
        by_source = tree.setdefault(backbone, {}).setdefault(train_on, {})
        for source, kinds in group[0]["scores"].items():
            by_source.setdefault(source, {})[loss] = {
                kind: {
                    "at_home": source in group[0]["trained_on"],
                    "seeds": len(group),
                    **_figures(group, source=source, kind=kind),
                    **_gaps(group, base, source=source, kind=kind),
                }
                for kind in kinds
            }
    return tree


def reliability(cells: Sequence[CalibrationCell]) -> list[dict[str, Any]]:
    """Rows of a reliability diagram and a histogram of confidence, the seeds pooled."""
    return _pooled(cells, lambda cell: cell["reliability"], by="bin")


def attack_steps(cells: Sequence[CalibrationCell]) -> list[dict[str, Any]]:
    """Rows of accuracy by the number of attack steps that a decision survives, the seeds pooled."""
    return _pooled(cells, lambda cell: cell["attack_steps"], by="steps")


def _groups(cells: Sequence[CalibrationCell]) -> Iterator[tuple[tuple[str, str, str], list[CalibrationCell]]]:
    """Cells that differ in their seed alone."""
    keys = dict.fromkeys((cell["backbone"], cell["train_on"], cell["loss"]) for cell in cells)
    for key in keys:
        yield key, [cell for cell in cells if (cell["backbone"], cell["train_on"], cell["loss"]) == key]


def _figures(group: Sequence[CalibrationCell], *, source: str, kind: str) -> dict[str, float | None]:
    """Means and spreads over seeds; ``n`` is the same for all of them."""
    scores = [cell["scores"][source][kind] for cell in group]
    counts = {"n": scores[0]["n"]}
    return counts | intervals.means_and_spreads([{k: v for k, v in each.items() if k != "n"} for each in scores])


def _gaps(
    group: Sequence[CalibrationCell], base: Sequence[CalibrationCell], *, source: str, kind: str
) -> dict[str, dict[str, float | None] | None]:
    gaps: dict[str, dict[str, float | None] | None] = {}
    for name in COMPARED:
        of_base = {cell["seed"]: cell["scores"][source][kind][name] for cell in base}
        pairs = [(cell["scores"][source][kind][name], of_base.get(cell["seed"])) for cell in group]
        complete = [(ours, theirs) for ours, theirs in pairs if ours is not None and theirs is not None]
        gaps[f"{name}_gap"] = intervals.paired_difference(*zip(*complete, strict=True)) if complete else None
    return gaps


def _pooled(
    cells: Sequence[CalibrationCell],
    rows_of: Callable[[CalibrationCell], dict[str, list[dict[str, float]]]],
    *,
    by: str,
) -> list[dict[str, Any]]:
    """Pool rows of all seeds that agree in ``by``: means of confidence and accuracy, weighted by their counts."""
    pooled = []
    for (backbone, train_on, loss), group in _groups(cells):
        for source in group[0]["scores"]:
            rows = [row for cell in group for row in rows_of(cell)[source]]
            total = sum(row["count"] for row in rows)
            for value in sorted({row[by] for row in rows}):
                alike = [row for row in rows if row[by] == value]
                count = sum(row["count"] for row in alike)
                means = {
                    name: sum(row[name] * row["count"] for row in alike) / count for name in ("confidence", "accuracy")
                }
                key = {"backbone": backbone, "train_on": train_on, "tested_on": source, "loss": loss}
                pooled.append({**key, by: value, **means, "count": count, "share": count / total})
    return pooled
