"""All cells of the comparison of losses, side by side: means over seeds, differences to cross-entropy, plot rows."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from crackpipe import console
from crackpipe.classify import decisions
from crackpipe.classify.decisions import CellScores
from crackpipe.errors import CrackpipeError
from crackpipe.files import parquet, schemas
from crackpipe.measures import bootstrap, intervals

BASE = "cross_entropy"
COMPARED = ("ece", "f1")


class CalibrationCell(CellScores):
    """One cell: its position in the comparison, and what is told of its decisions."""

    loss: str
    backbone: str
    train_on: str
    seed: int


def read(
    folder: Path, *, expected: Sequence[tuple[str, str, str, int]], structures: Mapping[str, str]
) -> list[CalibrationCell]:
    """Score the cells named, in that order; files of other cells, which earlier parameters have left, are not read.

    Args:
        folder: holds the table ``<backbone>/<loss>-<backbone>-<train_on>-<seed>.parquet`` of each cell's decisions.
        expected: loss, backbone, source trained on and seed of each.
        structures: photo_id → the structure that it shows.

    Raises:
        CrackpipeError: a cell is missing.
        TableError: a file is no table of decisions.
    """
    paths = {cell: folder / cell[1] / f"{'-'.join(map(str, cell))}.parquet" for cell in expected}
    missing = [path.stem for path in paths.values() if not path.is_file()]
    if missing:
        raise CrackpipeError(
            f"{folder}: {len(missing)} of {len(expected)} cells are missing, first {missing[0]}; run `dvc repro`"
        )
    cells: list[CalibrationCell] = []
    for (loss, backbone, train_on, seed), path in console.bar(
        paths.items(), what="score cells", total=len(paths), unit="cells"
    ):
        found = decisions.score(parquet.read(path, schemas.DECISIONS).to_pandas(), structures)
        cells.append({"loss": loss, "backbone": backbone, "train_on": train_on, "seed": seed, **found})
    return cells


def summary(cells: Sequence[CalibrationCell], *, resamples: int) -> dict[str, Any]:
    """Summarise the seeds: ``{backbone: {trained on: {tested on: {loss: {kind of calibration: figures}}}}}``.

    Figures are means over seeds, ``<name>_std`` beside them; ``ece_gap`` and ``f1_gap`` are the paired difference to
    cross-entropy with its 95 % interval over seeds, ``ece_gap_of_structures`` and ``f1_gap_of_structures`` with that of
    structures and seeds drawn anew; all are ``None`` where cross-entropy is not in the comparison. ``seeds`` is their
    number; ``at_home`` is true where the source tested on gave training patches (in domain).

    Args:
        cells: of :func:`read`.
        resamples: 1 or more, behind an interval of structures.
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
                    "at_home": source in group[0]["in_domain"],
                    "seeds": len(group),
                    **_figures(group, source=source, kind=kind),
                    **_gaps(group, base, source=source, kind=kind),
                    **_gaps_of_structures(group, base, source=source, kind=kind, resamples=resamples),
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


def _gaps_of_structures(
    group: Sequence[CalibrationCell], base: Sequence[CalibrationCell], *, source: str, kind: str, resamples: int
) -> dict[str, dict[str, float] | None]:
    """The same gaps with intervals by resampling structures and seeds."""
    of_base = {cell["seed"]: cell["sums"][source][kind] for cell in base}
    pairs = [(cell["sums"][source][kind], of_base[cell["seed"]]) for cell in group if cell["seed"] in of_base]
    if not pairs:
        return {f"{name}_gap_of_structures": None for name in COMPARED}
    ours, theirs = zip(*pairs, strict=True)
    drawn = bootstrap.weights(groups=len(ours[0]), seeds=len(pairs), resamples=resamples, seed=0)
    found = bootstrap.difference(ours, theirs, drawn)
    ends = ("mean", "low", "high")
    return {f"{name}_gap_of_structures": dict(zip(ends, found[name], strict=True)) for name in COMPARED}


def _pooled(
    cells: Sequence[CalibrationCell],
    rows_of: Callable[[CalibrationCell], Mapping[str, Sequence[Mapping[str, Any]]]],
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
