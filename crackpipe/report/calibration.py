"""All cells of the comparison of losses, side by side: means over seeds, differences to cross-entropy, plot rows."""

import json
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, TypedDict

import numpy as np

from crackpipe.errors import CrackpipeError
from crackpipe.measures import intervals

BASE = "cross_entropy"
COMPARED = ("ece", "f1")


class Cell(TypedDict):
    """What one cell's file tells, beside where it stands in the matrix."""

    loss: str
    backbone: str
    train_on: str
    trained_on: list[str]  # sources with training patches
    seed: int
    scores: dict[str, dict[str, dict[str, float | None]]]
    reliability: dict[str, list[dict[str, float]]]
    attack_steps: dict[str, list[dict[str, float]]]


def read(folder: Path, *, expected: Sequence[str]) -> list[Cell]:
    """The cells named, in that order; files of other cells, which earlier parameters have left, are not read.

    Raises:
        CrackpipeError: one is missing.
    """
    missing = [name for name in expected if not (folder / f"{name}.json").is_file()]
    if missing:
        raise CrackpipeError(
            f"{folder}: {len(missing)} of {len(expected)} cells are missing, first {missing[0]}; run `dvc repro`"
        )
    return [json.loads((folder / f"{name}.json").read_text(encoding="utf-8")) for name in expected]


def summary(cells: Sequence[Cell]) -> dict[str, Any]:
    """``{backbone: {trained on: {tested on: {loss: {calibration: figures}}}}}``.

    Figures are means over seeds, ``<name>_std`` beside them; ``ece_gap`` and ``f1_gap`` are the paired difference to
    cross-entropy with its 95 % interval, ``None`` where cross-entropy is not in the matrix; ``seeds`` their number;
    ``at_home`` whether that source gave training patches.
    """
    root: dict[str, Any] = {}
    for (backbone, train_on, loss), group in _groups(cells):
        base = [one for one in cells if (one["backbone"], one["train_on"], one["loss"]) == (backbone, train_on, BASE)]
        for source in group[0]["scores"]:
            for kind in group[0]["scores"][source]:
                place = root.setdefault(backbone, {}).setdefault(train_on, {}).setdefault(source, {})
                figures = _figures(group, base, source=source, kind=kind)
                place.setdefault(loss, {})[kind] = {"at_home": source in group[0]["trained_on"], **figures}
    return root


def reliability(cells: Sequence[Cell]) -> list[dict[str, Any]]:
    """Rows of a reliability diagram and a histogram of confidence, the seeds pooled."""
    return _pooled(cells, lambda cell: cell["reliability"], by="bin")


def attack_steps(cells: Sequence[Cell]) -> list[dict[str, Any]]:
    """Rows of accuracy by the number of attack steps that a decision survives, the seeds pooled."""
    return _pooled(cells, lambda cell: cell["attack_steps"], by="steps")


def _groups(cells: Sequence[Cell]) -> Iterator[tuple[tuple[str, str, str], list[Cell]]]:
    keys = dict.fromkeys((cell["backbone"], cell["train_on"], cell["loss"]) for cell in cells)
    for key in keys:
        yield key, [cell for cell in cells if (cell["backbone"], cell["train_on"], cell["loss"]) == key]


def _figures(group: Sequence[Cell], base: Sequence[Cell], *, source: str, kind: str) -> dict[str, Any]:
    told = [cell["scores"][source][kind] for cell in group]
    found: dict[str, Any] = {"seeds": len(group)}
    for name in told[0]:
        values = [value for one in told if (value := one[name]) is not None]
        found[name] = float(np.mean(values)) if values else None
        found[f"{name}_std"] = float(np.std(values, ddof=1)) if len(values) > 1 else None
    found["n"] = told[0]["n"]
    del found["n_std"]
    for name in COMPARED:
        others = {cell["seed"]: cell["scores"][source][kind][name] for cell in base}
        pairs = [(cell["scores"][source][kind][name], others.get(cell["seed"])) for cell in group]
        whole = [(ours, theirs) for ours, theirs in pairs if ours is not None and theirs is not None]
        found[f"{name}_gap"] = intervals.paired_difference(*zip(*whole, strict=True)) if whole else None
    return found


def _pooled(
    cells: Sequence[Cell], lines_of: Callable[[Cell], dict[str, list[dict[str, float]]]], *, by: str
) -> list[dict[str, Any]]:
    rows = []
    for (backbone, train_on, loss), group in _groups(cells):
        for source in group[0]["scores"]:
            lines = [line for cell in group for line in lines_of(cell)[source]]
            total = sum(line["count"] for line in lines)
            for place in sorted({line[by] for line in lines}):
                own = [line for line in lines if line[by] == place]
                count = sum(line["count"] for line in own)
                mean = {
                    name: sum(line[name] * line["count"] for line in own) / count for name in ("confidence", "accuracy")
                }
                where = {"backbone": backbone, "train_on": train_on, "tested_on": source, "loss": loss}
                rows.append({**where, by: place, **mean, "count": count, "share": count / total})
    return rows
